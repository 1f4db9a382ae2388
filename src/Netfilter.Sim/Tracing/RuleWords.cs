using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>Says in words what a rule step holds as values.</summary>
internal static class RuleWords
{
    /// <summary>Why a rule did not match, or what it did.</summary>
    public static string Why(RuleStep step)
    {
        IpSpec ip = step.Rule.Ip;
        return step.Failed switch
        {
            RuleCondition.None => Effect(step),
            RuleCondition.Source => Address("source", (NetAddress)step.Seen!, ip.Source, ip.Has(IpSpecFlags.NotSource)),
            RuleCondition.Destination =>
                Address("destination", (NetAddress)step.Seen!, ip.Destination, ip.Has(IpSpecFlags.NotDestination)),
            RuleCondition.InInterface =>
                Interface("in", step.Seen as NetDevice, ip.InInterface, ip.Has(IpSpecFlags.NotInInterface)),
            RuleCondition.OutInterface =>
                Interface("out", step.Seen as NetDevice, ip.OutInterface, ip.Has(IpSpecFlags.NotOutInterface)),
            RuleCondition.Protocol => Protocol((byte)step.Seen!, ip),
            RuleCondition.BrokenHeaders => "IPv6 extension headers are broken: dropped",
            RuleCondition.Fragment => ip.Has(IpSpecFlags.NotFragment) ? "is a later fragment" : "is not a later fragment",
            _ => Match(step.FailedMatch!, step.MatchResult),
        };
    }

    /// <summary>The name of a protocol number, as iptables prints it.</summary>
    public static string ProtocolName(int protocol) => protocol switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        132 => "sctp",
        136 => "udplite",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };

    private static string Effect(RuleStep step) => step.Rule.Target switch
    {
        null => "counts",
        JumpTarget jump => jump.IsGoto ? $"go to {jump.Chain}" : $"jump to {jump.Chain}",
        ExtensionTarget target => target.Name + step.TargetVerdict switch
        {
            Rules.TargetVerdict.Continue => ", goes on",
            Rules.TargetVerdict.Accept => ", leaves the table",
            Rules.TargetVerdict.Drop => ", dropped",
            Rules.TargetVerdict.Queue => ", queued",
            Rules.TargetVerdict.QueueBypass => ", nobody listens, leaves the table",
            Rules.TargetVerdict.Stolen => ", taken over",
            Rules.TargetVerdict.Unknown => " is not modelled",
            _ => "",
        },
        Target target => target.Name,
    };

    private static string Address(string which, NetAddress seen, NetPrefix prefix, bool inverted)
    {
        bool single = prefix.Length == prefix.Address.ByteCount * 8;
        string what = single ? prefix.Address.ToString() : prefix.ToString();
        return (single, inverted) switch
        {
            (true, false) => $"{which} {seen} is not {what}",
            (true, true) => $"{which} is {what}",
            (false, false) => $"{which} {seen} is not in {what}",
            (false, true) => $"{which} {seen} is in {what}",
        };
    }

    private static string Interface(string which, NetDevice? seen, InterfacePattern? pattern, bool inverted)
    {
        string name = seen is null ? $"there is no {which} interface" : $"{which} interface is {seen.Name}";
        return inverted ? $"{name}, which {pattern} excludes" : $"{name}, not {pattern}";
    }

    private static string Protocol(byte seen, IpSpec ip) => ip.Has(IpSpecFlags.NotProtocol)
        ? $"protocol is {ProtocolName(seen)}"
        : $"protocol {ProtocolName(seen)} is not {ProtocolName(ip.Protocol)}";

    private static string Match(Match match, MatchResult result) => result.Answer switch
    {
        MatchAnswer.HotDrop => $"{match.Explain(result)}: dropped",
        MatchAnswer.Unknown => $"-m {match.Declaration.Name} is not modelled: {match.NotModelled ?? match.Explain(result)}",
        _ => match.Explain(result),
    };
}
