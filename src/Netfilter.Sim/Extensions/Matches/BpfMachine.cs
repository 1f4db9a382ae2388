using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// Runs classic BPF programs that have passed <see cref="BpfChecker"/>, from the network header on
/// (<c>net/core/filter.c bpf_convert_filter</c>). A load beyond the packet or a division by zero ends one with 0.
/// </summary>
internal static class BpfMachine
{
    private const int ProtocolField = 0, PacketTypeField = 4, InterfaceField = 8, MarkField = 20, XorField = 40, LastField = 64;

    /// <summary>Whether an offset within the ancillary area is one that the kernel knows.</summary>
    public static bool IsAncillary(int field) => field is >= 0 and < LastField && field % 4 == 0;

    /// <summary>Runs a program.</summary>
    /// <returns>False when it asks for something of the packet that is not modelled.</returns>
    public static bool TryRun(ReadOnlySpan<BpfInstruction> program, PacketBuffer packet, Hook hook, out uint returned)
    {
        Span<uint> memory = stackalloc uint[Bpf.MemoryWords];
        memory.Clear();
        uint a = 0, x = 0;
        returned = 0;
        for (int i = 0; i < program.Length; i++)
        {
            BpfInstruction instruction = program[i];
            int code = instruction.Code;
            uint operand = (code & Bpf.FromX) != 0 ? x : instruction.Operand;
            switch (code & Bpf.ClassMask)
            {
                case Bpf.Load:
                    Loaded loaded = Load(instruction, packet, hook, memory, a, x, ref a);
                    if (loaded != Loaded.Yes)
                    {
                        return loaded == Loaded.Beyond;
                    }
                    break;
                case Bpf.LoadX:
                    if (!TryLoadX(instruction, packet, memory, ref x))
                    {
                        return true;
                    }
                    break;
                case Bpf.Store:
                    memory[(int)instruction.Operand] = a;
                    break;
                case Bpf.StoreX:
                    memory[(int)instruction.Operand] = x;
                    break;
                case Bpf.Alu:
                    if (operand == 0 && (code & Bpf.OperationMask) is Bpf.Divide or Bpf.Modulo)
                    {
                        return true;
                    }
                    a = Compute(code & Bpf.OperationMask, a, operand);
                    break;
                case Bpf.Jump:
                    i += (code & Bpf.OperationMask) == Bpf.Always ? (int)instruction.Operand
                        : Holds(code & Bpf.OperationMask, a, operand) ? instruction.JumpTrue
                        : instruction.JumpFalse;
                    break;
                case Bpf.Return:
                    returned = (code & Bpf.FromA) != 0 ? a : instruction.Operand;
                    return true;
                default:
                    (a, x) = (code & Bpf.ToA) != 0 ? (x, x) : (a, a);
                    break;
            }
        }
        return true;
    }

    private enum Loaded
    {
        Yes,
        Beyond,
        NotModelled,
    }

    private static Loaded Load(
        in BpfInstruction instruction, PacketBuffer packet, Hook hook, ReadOnlySpan<uint> memory, uint a, uint x, ref uint value)
    {
        int offset = unchecked((int)instruction.Operand);
        switch (instruction.Code & Bpf.ModeMask)
        {
            case Bpf.Immediate:
                value = instruction.Operand;
                return Loaded.Yes;
            case Bpf.Memory:
                value = memory[(int)instruction.Operand];
                return Loaded.Yes;
            case Bpf.Length:
                value = (uint)packet.Length;
                return Loaded.Yes;
            case Bpf.Absolute when offset >= Bpf.Ancillary && offset < 0:
                return LoadAncillary(offset - Bpf.Ancillary, packet, hook, a, x, ref value);
            case Bpf.Indirect:
                offset = unchecked(offset + (int)x);
                break;
        }
        if (offset is < Bpf.NetworkHeader)
        {
            return Loaded.NotModelled;
        }
        int size = (instruction.Code & Bpf.SizeMask) switch { Bpf.Word => 4, Bpf.Half => 2, _ => 1 };
        return TryRead(packet, offset, size, ref value) ? Loaded.Yes : Loaded.Beyond;
    }

    private static bool TryLoadX(in BpfInstruction instruction, PacketBuffer packet, ReadOnlySpan<uint> memory, ref uint x)
    {
        switch (instruction.Code & Bpf.ModeMask)
        {
            case Bpf.HeaderLength:
                bool isRead = TryRead(packet, unchecked((int)instruction.Operand), 1, ref x);
                x = (x & 15) * 4;
                return isRead;
            case Bpf.Memory:
                x = memory[(int)instruction.Operand];
                return true;
            default:
                x = (instruction.Code & Bpf.ModeMask) == Bpf.Length ? (uint)packet.Length : instruction.Operand;
                return true;
        }
    }

    // Negative offsets down to SKF_NET_OFF count from the network header, which is where the packet begins.
    private static bool TryRead(PacketBuffer packet, int offset, int size, ref uint value)
    {
        offset = offset < 0 ? offset - Bpf.NetworkHeader : offset;
        if (offset < 0 || offset > packet.Length - size)
        {
            return false;
        }
        ReadOnlySpan<byte> at = packet.Span[offset..];
        value = size switch
        {
            4 => BinaryPrimitives.ReadUInt32BigEndian(at),
            2 => BinaryPrimitives.ReadUInt16BigEndian(at),
            _ => at[0],
        };
        return true;
    }

    private static Loaded LoadAncillary(int field, PacketBuffer packet, Hook hook, uint a, uint x, ref uint value)
    {
        switch (field)
        {
            case ProtocolField:
                value = packet.Family == IpFamily.IPv4 ? 0x0800u : 0x86dd;
                return Loaded.Yes;
            case PacketTypeField:
                value = (uint)packet.PacketType;
                return Loaded.Yes;
            case InterfaceField:
                // skb->dev is the incoming device until output begins; a packet that is being sent has none before that.
                int index = (hook == Hook.PostRouting ? packet.OutDevice : packet.InDevice)?.Index ?? 0;
                value = (uint)index;
                return index == 0 ? Loaded.Beyond : Loaded.Yes;
            case MarkField:
                value = packet.Mark;
                return Loaded.Yes;
            case XorField:
                value = a ^ x;
                return Loaded.Yes;
            default:
                return Loaded.NotModelled;
        }
    }

    private static uint Compute(int operation, uint a, uint operand)
    {
        unchecked
        {
            return operation switch
            {
                Bpf.Add => a + operand,
                Bpf.Subtract => a - operand,
                Bpf.Multiply => a * operand,
                Bpf.Divide => a / operand,
                Bpf.Or => a | operand,
                Bpf.And => a & operand,
                Bpf.ShiftLeft => a << (int)operand,
                Bpf.ShiftRight => a >> (int)operand,
                Bpf.Negate => 0 - a,
                Bpf.Modulo => a % operand,
                _ => a ^ operand,
            };
        }
    }

    private static bool Holds(int operation, uint a, uint operand) => operation switch
    {
        Bpf.Equal => a == operand,
        Bpf.Greater => a > operand,
        Bpf.GreaterOrEqual => a >= operand,
        _ => (a & operand) != 0,
    };
}
