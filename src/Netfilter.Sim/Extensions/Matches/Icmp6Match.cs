using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m icmp6</c>: type and code of ICMPv6 (<c>net/netfilter/xt_tcpudp.c icmp6_match</c>, <c>struct ip6t_icmp</c>).</summary>
public sealed record Icmp6Match : Match
{
    private const byte TypeAndCode = 0, Header = 1;

    /// <summary>The type.</summary>
    public byte Type { get; init; }

    /// <summary>The lowest code.</summary>
    public byte FirstCode { get; init; }

    /// <summary>The highest code.</summary>
    public byte LastCode { get; init; } = byte.MaxValue;

    /// <summary><c>! --icmpv6-type</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "icmp6",
        KernelBytes = 8,
        Summary = "Matches the type and code of an ICMPv6 message.",
        Source = "net/netfilter/xt_tcpudp.c, extensions/libip6t_icmp6.c",
        OnlyFamily = IpFamily.IPv6,
        RequiredProtocol = IpProtocols.IcmpV6,
        Options =
        [
            new("icmpv6-type", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "type[/code]|name",
                Parse = call => IcmpTypeText.Parse(call.Argument, "ICMPv6", IcmpTypeText.NamesV6),
                Help = "Type, and code if given.",
                Sample = source => $"{source.Next(256)}/{source.Next(256)}",
            },
        ],
        Build = values =>
        {
            IcmpTypeCode wanted = values.Get<IcmpTypeCode>("icmpv6-type");
            return new Icmp6Match
            {
                Type = wanted.Type,
                FirstCode = wanted.FirstCode,
                LastCode = wanted.LastCode,
                IsNegated = values.IsInverted("icmpv6-type"),
            };
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("icmpv6-type", IcmpTypeText.Numeric(Type, FirstCode, LastCode), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        IcmpTypeText.List(
            writer, "ipv6-icmp", new(Type, FirstCode, LastCode), IsNegated, IcmpTypeText.NamesV6, context);

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
        bool fits = type == Type && code >= FirstCode && code <= LastCode;
        return MatchResult.When(fits != IsNegated, TypeAndCode, ((ulong)type << 8) | code);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == Header
        ? result.Seen == 0 ? "the ICMPv6 header is cut off" : "a later fragment has no ICMPv6 type"
        : IcmpTypeText.Explain("icmpv6 type", result, Type, FirstCode, LastCode, IsNegated);
}
