using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j SNPT</c> and <c>-j DNPT</c>: exchanges the prefix of an IPv6 address and mends another word of it so that checksums stay
/// as they are (<c>net/ipv6/netfilter/ip6t_NPT.c</c>, RFC 6296).
/// </summary>
/// <param name="IsSource">Whether the source address changes.</param>
/// <param name="From">The prefix on the inside, host bits kept as written.</param>
/// <param name="To">The prefix that replaces it.</param>
public sealed record NptTarget(bool IsSource, HostMask From, HostMask To) : ExtensionTarget
{
    private const byte ParameterProblem = 4;
    private const int LongestPrefix = 64;

    /// <summary>The declaration of SNPT.</summary>
    public static TargetDeclaration Source { get; } = Declare("SNPT", true, Hooks.LocalIn | Hooks.PostRouting, "source");

    /// <summary>The declaration of DNPT.</summary>
    public static TargetDeclaration Destination { get; } = Declare("DNPT", false, Hooks.PreRouting | Hooks.LocalOut, "destination");

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => IsSource ? Source : Destination;

    private int PrefixLength => Math.Max(LengthOf(From), LengthOf(To));

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        bool isShort = LengthOf(From) is >= 0 and <= LongestPrefix && LengthOf(To) is >= 0 and <= LongestPrefix;
        bool isMasked = From.Prefix.Address == From.Address && To.Prefix.Address == To.Address;
        return isShort && isMasked ? KernelErrno.None : KernelErrno.Invalid;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        int at = IsSource ? 8 : 24;
        if (!TryMap(packet.Writable.Slice(at, 16)))
        {
            context.Walk.Host.Stack.SendIcmpError(packet, ParameterProblem, 0, (uint)at);
            return TargetVerdict.Drop;
        }
        MapQuoted(packet);
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("src-pfx", From.Prefix.ToString()).Option("dst-pfx", To.Prefix.ToString());

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word(Declaration.Name).Word("src-pfx ").Raw(From.Prefix.ToString()).Word("dst-pfx ").Raw(To.Prefix.ToString());

    // ip6t_npt_map_pfx
    private bool TryMap(Span<byte> address)
    {
        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(address);
        UInt128 mask = NetPrefix.MaskOf(IpFamily.IPv6, PrefixLength).Bits;
        BinaryPrimitives.WriteUInt128BigEndian(address, (bits & ~mask) | (To.Address.Bits & mask));
        int word = 3;
        if (PrefixLength > 48)
        {
            word = 4;
            while (word < 8 && BinaryPrimitives.ReadUInt16BigEndian(address[(2 * word)..]) == 0xffff)
            {
                word++;
            }
            if (word == 8)
            {
                return false;
            }
        }
        uint sum = BinaryPrimitives.ReadUInt16BigEndian(address[(2 * word)..]) + (uint)Adjustment();
        ushort folded = Fold(sum);
        BinaryPrimitives.WriteUInt16BigEndian(address[(2 * word)..], folded == 0xffff ? (ushort)0 : folded);
        return true;
    }

    // The difference of the prefixes' sums: what the other word has to take up.
    private ushort Adjustment() => Fold((uint)Sum(From.Address.Bits) + (ushort)~Sum(To.Address.Bits));

    private static ushort Sum(UInt128 bits)
    {
        uint sum = 0;
        for (int shift = 0; shift < 128; shift += 16)
        {
            sum += (ushort)(bits >> shift);
        }
        return Fold(sum);
    }

    private static ushort Fold(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)(sum + (sum >> 16));
    }

    // The packet that an ICMPv6 error quotes was sent to the other side of the translation.
    private void MapQuoted(PacketBuffer packet)
    {
        bool quotes = packet.Span[6] == 58 && packet.Length >= 88 && packet.Span[40] < 128;
        if (!quotes)
        {
            return;
        }
        Span<byte> address = packet.Writable.Slice(48 + (IsSource ? 24 : 8), 16);
        if (From.Prefix.Contains(NetAddress.FromBytes(address)))
        {
            TryMap(address);
        }
    }

    private static int LengthOf(HostMask prefix) => new NetPrefix(prefix.Mask, prefix.Mask).Length;

    private static TargetDeclaration Declare(string name, bool isSource, Hooks hooks, string what) => new()
    {
        Name = name,
        KernelBytes = 40,
        Summary = $"Exchanges the prefix of the {what} address without touching checksums.",
        Source = $"net/ipv6/netfilter/ip6t_NPT.c, extensions/libip6t_{name}.c",
        OnlyFamily = IpFamily.IPv6,
        OnlyTable = "mangle",
        Hooks = hooks,
        Options =
        [
            new("src-pfx", OptionKind.HostMask) { Required = true, ValueName = "prefix", Help = "The prefix that is replaced." },
            new("dst-pfx", OptionKind.HostMask) { Required = true, ValueName = "prefix", Help = "The prefix that replaces it." },
        ],
        Build = values => new NptTarget(isSource, values.Get<HostMask>("src-pfx"), values.Get<HostMask>("dst-pfx")),
        Sample = source => ["--src-pfx", $"fd00:{source.Next(65536):x}::/48", "--dst-pfx", $"2001:db8:{source.Next(65536):x}::/48"],
    };
}
