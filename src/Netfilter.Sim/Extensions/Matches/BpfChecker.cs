namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Which programs the kernel takes (<c>net/core/filter.c bpf_check_classic</c>, <c>check_load_and_stores</c>).</summary>
internal static class BpfChecker
{
    public static bool IsValid(ReadOnlySpan<BpfInstruction> program)
    {
        for (int i = 0; i < program.Length; i++)
        {
            BpfInstruction instruction = program[i];
            if (!IsKnown(instruction.Code) || !HasSoundOperand(instruction) || !JumpsInside(instruction, program.Length - i - 1))
            {
                return false;
            }
        }
        return !program.IsEmpty && (program[^1].Code & Bpf.ClassMask) == Bpf.Return && StoresBeforeLoading(program);
    }

    private static bool IsKnown(int code) => (code & Bpf.ClassMask) switch
    {
        Bpf.Load => (code & Bpf.ModeMask) switch
        {
            Bpf.Absolute or Bpf.Indirect => (code & Bpf.SizeMask) != 0x18 && code <= 0xff,
            Bpf.Immediate or Bpf.Memory or Bpf.Length => (code & ~(Bpf.ModeMask | Bpf.ClassMask)) == 0,
            _ => false,
        },
        Bpf.LoadX => code is Bpf.LoadX or (Bpf.LoadX | Bpf.Memory) or (Bpf.LoadX | Bpf.Length)
            or (Bpf.LoadX | Bpf.HeaderLength | Bpf.Byte),
        Bpf.Store or Bpf.StoreX => code is Bpf.Store or Bpf.StoreX,
        Bpf.Alu => code <= 0xff && (code & Bpf.OperationMask) switch
        {
            <= Bpf.ShiftRight or Bpf.Modulo or Bpf.Xor => true,
            Bpf.Negate => (code & Bpf.FromX) == 0,
            _ => false,
        },
        Bpf.Jump => code <= 0xff && (code & Bpf.OperationMask) switch
        {
            Bpf.Always => (code & Bpf.FromX) == 0,
            <= Bpf.AnyBit => true,
            _ => false,
        },
        Bpf.Return => code is Bpf.Return or (Bpf.Return | Bpf.FromA),
        _ => code is (Bpf.Misc | Bpf.ToX) or (Bpf.Misc | Bpf.ToA),
    };

    private static bool HasSoundOperand(in BpfInstruction instruction)
    {
        int code = instruction.Code;
        uint operand = instruction.Operand;
        switch (code & Bpf.ClassMask)
        {
            case Bpf.Alu when (code & Bpf.FromX) == 0:
                return (code & Bpf.OperationMask) switch
                {
                    Bpf.Divide or Bpf.Modulo => operand != 0,
                    Bpf.ShiftLeft or Bpf.ShiftRight => operand < 32,
                    _ => true,
                };
            case Bpf.Store or Bpf.StoreX:
                return operand < Bpf.MemoryWords;
            case Bpf.Load or Bpf.LoadX when (code & Bpf.ModeMask) == Bpf.Memory:
                return operand < Bpf.MemoryWords;
            case Bpf.Load when (code & Bpf.ModeMask) == Bpf.Absolute && operand >= unchecked((uint)Bpf.Ancillary):
                return BpfMachine.IsAncillary(unchecked((int)operand) - Bpf.Ancillary);
            default:
                return true;
        }
    }

    private static bool JumpsInside(in BpfInstruction instruction, int left) =>
        (instruction.Code & Bpf.ClassMask) != Bpf.Jump
        || ((instruction.Code & Bpf.OperationMask) == Bpf.Always
            ? instruction.Operand < left
            : instruction.JumpTrue < left && instruction.JumpFalse < left);

    // A word of memory may be read only where every way to there has stored it.
    private static bool StoresBeforeLoading(ReadOnlySpan<BpfInstruction> program)
    {
        Span<ushort> stored = stackalloc ushort[program.Length];
        stored.Fill(ushort.MaxValue);
        ushort known = 0;
        for (int i = 0; i < program.Length; i++)
        {
            BpfInstruction instruction = program[i];
            int code = instruction.Code;
            known &= stored[i];
            switch (code & Bpf.ClassMask)
            {
                case Bpf.Store or Bpf.StoreX:
                    known |= (ushort)(1 << (int)instruction.Operand);
                    break;
                case Bpf.Load or Bpf.LoadX when (code & Bpf.ModeMask) == Bpf.Memory:
                    if ((known & (1 << (int)instruction.Operand)) == 0)
                    {
                        return false;
                    }
                    break;
                case Bpf.Jump when (code & Bpf.OperationMask) == Bpf.Always:
                    stored[i + 1 + (int)instruction.Operand] &= known;
                    known = ushort.MaxValue;
                    break;
                case Bpf.Jump:
                    stored[i + 1 + instruction.JumpTrue] &= known;
                    stored[i + 1 + instruction.JumpFalse] &= known;
                    known = ushort.MaxValue;
                    break;
            }
        }
        return true;
    }
}
