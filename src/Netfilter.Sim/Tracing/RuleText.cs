using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>A rule as <c>iptables -S</c> prints it, without <c>-A chain</c>.</summary>
internal static class RuleText
{
    public static string Of(Rule rule)
    {
        OptionWriter writer = new();
        IpSpec ip = rule.Ip;
        PrintContext context = new(ip, new RuleEnvironment(), IsNumeric: true);
        Prefix(writer, "-s", ip.Source, ip.Has(IpSpecFlags.NotSource));
        Prefix(writer, "-d", ip.Destination, ip.Has(IpSpecFlags.NotDestination));
        Word(writer, "-i", ip.InInterface?.Text, ip.Has(IpSpecFlags.NotInInterface));
        Word(writer, "-o", ip.OutInterface?.Text, ip.Has(IpSpecFlags.NotOutInterface));
        Word(writer, "-p", ip.Protocol == 0 ? null : RuleWords.ProtocolName(ip.Protocol), ip.Has(IpSpecFlags.NotProtocol));
        if (ip.Has(IpSpecFlags.Fragment))
        {
            writer.Raw(ip.Has(IpSpecFlags.NotFragment) ? " ! -f" : " -f");
        }
        foreach (Match match in rule.Matches)
        {
            writer.Raw(" -m ").Raw(match.Declaration.Name);
            match.Save(writer, context);
        }
        if (rule.Target is Target target)
        {
            writer.Raw(target is JumpTarget { IsGoto: true } ? " -g " : " -j ").Raw(target.Name);
            (target as ExtensionTarget)?.Save(writer, context);
        }
        return writer.ToString().TrimStart();
    }

    private static void Prefix(OptionWriter writer, string option, NetPrefix prefix, bool inverted) =>
        Word(writer, option, prefix.Length == 0 && !inverted ? null : prefix.ToString(), inverted);

    private static void Word(OptionWriter writer, string option, string? value, bool inverted)
    {
        if (value is not null)
        {
            writer.Raw(inverted ? " ! " : " ").Raw(option).Raw(' ').Raw(value);
        }
    }
}
