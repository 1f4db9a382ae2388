using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m eui64</c>: the source address ends in the sender's Ethernet address (<c>net/ipv6/netfilter/ip6t_eui64.c eui64_mt6</c>).
/// </summary>
public sealed record Eui64Match : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "eui64",
        KernelBytes = 8,
        Summary = "Matches when the source address was made of the sender's Ethernet address.",
        Source = "net/ipv6/netfilter/ip6t_eui64.c, extensions/libip6t_eui64.c",
        OnlyFamily = IpFamily.IPv6,
        Hooks = Hooks.PreRouting | Hooks.LocalIn | Hooks.Forward,
        Build = _ => new Eui64Match(),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.LinkHeaderLength < 14)
        {
            return packet.FragmentOffset != 0 ? MatchResult.HotDrop(1) : MatchResult.No(1);
        }
        ReadOnlySpan<byte> link = packet.Bytes.AsSpan(packet.Start - packet.LinkHeaderLength, 14);
        bool isIPv6 = link[12] == 0x86 && link[13] == 0xdd;
        ReadOnlySpan<byte> mac = link.Slice(6, 6);
        Span<byte> expected = [(byte)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]];
        return MatchResult.When(isIPv6 && packet.Span.Slice(16, 8).SequenceEqual(expected));
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == 1
        ? "there is no Ethernet header"
        : $"the source address {(result.Answer == MatchAnswer.Yes ? "ends" : "does not end")} in the sender's Ethernet address";

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Raw("eui64 ");
}
