using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m ah</c>: fields of an authentication header (<c>net/ipv4/netfilter/ipt_ah.c ah_mt</c>,
/// <c>net/ipv6/netfilter/ip6t_ah.c ah_mt6</c>).
/// </summary>
/// <param name="Family">The family: in IPv6 the header is looked for in the chain.</param>
/// <param name="Spis">The security parameter indices.</param>
/// <param name="IsInverted">Whether all other indices are meant.</param>
/// <param name="Length">Length of the header in bytes (IPv6); 0 for any.</param>
/// <param name="IsLengthInverted">Whether all other lengths are meant.</param>
/// <param name="Reserved">Whether the reserved field must be zero (IPv6).</param>
public sealed record AhMatch(
    IpFamily Family, SpiRange Spis, bool IsInverted, uint Length = 0, bool IsLengthInverted = false, bool Reserved = false)
    : Match
{
    private const int HeaderLength = 12;

    private static readonly OptionSpec SpiOption = new("ahspi", OptionKind.UInt32Range)
    {
        Invertible = true,
        ValueName = "spi[:spi]",
        Help = "Security parameter index or indices.",
    };

    /// <summary>The declaration for IPv4.</summary>
    public static MatchDeclaration ExtensionV4 { get; } = new()
    {
        Name = "ah",
        KernelBytes = 16,
        Summary = "Matches the security parameter index of an authentication header.",
        Source = "net/ipv4/netfilter/ipt_ah.c, extensions/libipt_ah.c",
        OnlyFamily = IpFamily.IPv4,
        RequiredProtocol = 51,
        Options = [SpiOption],
        Build = Build,
    };

    /// <summary>The declaration for IPv6.</summary>
    public static MatchDeclaration ExtensionV6 { get; } = new()
    {
        Name = "ah",
        KernelBytes = 16,
        Summary = "Matches fields of an authentication header in the header chain.",
        Source = "net/ipv6/netfilter/ip6t_ah.c, extensions/libip6t_ah.c",
        OnlyFamily = IpFamily.IPv6,
        Options =
        [
            SpiOption,
            new("ahlen", OptionKind.UInt32) { Invertible = true, ValueName = "length", Help = "Length of the header in bytes." },
            new("ahres") { Help = "The reserved field is zero." },
        ],
        Build = Build,
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Family == IpFamily.IPv4 ? ExtensionV4 : ExtensionV6;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> header;
        PacketBuffer packet = context.Packet;
        if (Family == IpFamily.IPv4)
        {
            if (packet.FragmentOffset != 0)
            {
                return MatchResult.No(Condition.Fragment);
            }
            header = packet.Transport;
        }
        else
        {
            switch (Ipv6HeaderChain.Find(packet.Span, IpProtocols.Ah, out int offset))
            {
                case Ipv6HeaderChain.Search.Absent:
                    return MatchResult.No(Condition.Absent);
                case Ipv6HeaderChain.Search.Broken:
                    return MatchResult.HotDrop(Condition.Truncated);
            }
            header = packet.Span[offset..];
        }
        return header.Length < HeaderLength ? MatchResult.HotDrop(Condition.Truncated) : EvaluateHeader(header);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.Fragment => "a later fragment has no authentication header",
        Condition.Absent => "there is no authentication header",
        Condition.Truncated => "the authentication header is cut short",
        Condition.Length => Invariant($"length {result.Seen} is not {(IsLengthInverted ? "!" : "")}{Length}"),
        Condition.Reserved => Invariant($"the reserved field is {result.Seen}"),
        _ => Invariant($"spi {result.Seen} {(result.Answer == MatchAnswer.Yes ? "is" : "is not")} {(IsInverted ? "!" : "")}{Spis}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        Spis.Save(writer, "ahspi", IsInverted);
        if (Length != 0 || IsLengthInverted)
        {
            writer.Option("ahlen", Length, IsLengthInverted);
        }
        if (Reserved)
        {
            writer.Flag("ahres");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ah ");
        Spis.List(writer, "spi", IsInverted);
        if (Length != 0 || IsLengthInverted)
        {
            writer.Raw("length:").Raw(IsLengthInverted ? "!" : "").Number(Length);
        }
        if (Reserved)
        {
            writer.Word("reserved");
        }
    }

    private MatchResult EvaluateHeader(ReadOnlySpan<byte> header)
    {
        uint spi = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (Spis.Contains(spi) == IsInverted)
        {
            return MatchResult.No(Condition.Spi, spi);
        }
        uint length = (uint)Ipv6HeaderChain.LengthOf(IpProtocols.Ah, header[1]);
        if (Length != 0 && (length == Length) == IsLengthInverted)
        {
            return MatchResult.No(Condition.Length, length);
        }
        ushort reserved = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        return Reserved && reserved != 0
            ? MatchResult.No(Condition.Reserved, reserved)
            : MatchResult.When(true, Condition.Spi, spi);
    }

    private static AhMatch Build(OptionValues values) => new(
        values.Family,
        SpiRange.From(values.Get("ahspi", new OptionRange(0, uint.MaxValue, 2))),
        values.IsInverted("ahspi"),
        (uint)values.Get("ahlen", 0UL),
        values.IsInverted("ahlen"),
        values.Has("ahres"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static class Condition
    {
        public const byte Spi = 0;
        public const byte Fragment = 1;
        public const byte Absent = 2;
        public const byte Truncated = 3;
        public const byte Length = 4;
        public const byte Reserved = 5;
    }
}
