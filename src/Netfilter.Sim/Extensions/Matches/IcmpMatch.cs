using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m icmp</c>: type and code of ICMP (<c>net/netfilter/xt_tcpudp.c icmp_match</c>, <c>struct ipt_icmp</c>).</summary>
public sealed record IcmpMatch : Match
{
    private const byte TypeAndCode = 0, Header = 1;

    /// <summary>The type; 255 is any, whatever the codes.</summary>
    public byte Type { get; init; } = byte.MaxValue;

    /// <summary>The lowest code.</summary>
    public byte FirstCode { get; init; }

    /// <summary>The highest code.</summary>
    public byte LastCode { get; init; } = byte.MaxValue;

    /// <summary><c>! --icmp-type</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "icmp",
        KernelBytes = 8,
        Summary = "Matches the type and code of an ICMP message.",
        Source = "net/netfilter/xt_tcpudp.c, extensions/libipt_icmp.c",
        OnlyFamily = IpFamily.IPv4,
        RequiredProtocol = IpProtocols.Icmp,
        Options =
        [
            new("icmp-type", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "any|type[/code]|name",
                Parse = call => IcmpTypeText.Parse(call.Argument, "ICMP", IcmpTypeText.NamesV4),
                Help = "Type, and code if given.",
                Sample = source => $"{source.Next(256)}/{source.Next(256)}",
            },
        ],
        Build = values =>
        {
            IcmpTypeCode wanted = values.Get<IcmpTypeCode>("icmp-type");
            return new IcmpMatch
            {
                Type = wanted.Type,
                FirstCode = wanted.FirstCode,
                LastCode = wanted.LastCode,
                IsNegated = values.IsInverted("icmp-type"),
            };
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("icmp-type", Type == byte.MaxValue ? "any" : IcmpTypeText.Numeric(Type, FirstCode, LastCode), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        IcmpTypeText.List(
            writer, "icmp", new(Type, FirstCode, LastCode), IsNegated, IcmpTypeText.NamesV4, context);

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.FragmentOffset != 0)
        {
            return MatchResult.No(Header, 1);
        }
        ReadOnlySpan<byte> icmp = context.Packet.Transport;
        if (icmp.Length < 8)
        {
            return MatchResult.HotDrop(Header);
        }
        (byte type, byte code) = (icmp[0], icmp[1]);
        bool fits = Type == byte.MaxValue || (type == Type && code >= FirstCode && code <= LastCode);
        return MatchResult.When(fits != IsNegated, TypeAndCode, ((ulong)type << 8) | code);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == Header
        ? result.Seen == 0 ? "the ICMP header is cut off" : "a later fragment has no ICMP type"
        : IcmpTypeText.Explain("icmp type", result, Type, FirstCode, LastCode, IsNegated);
}
