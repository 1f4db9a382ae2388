using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Rules as iptables-save and <c>-S</c> print them (<c>iptables/iptables.c print_rule4</c>).</summary>
internal static class RulePrinter
{
    /// <summary>Writes <c>-A CHAIN</c> and the rule.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="environment">Names.</param>
    /// <param name="inner">Counters to put before the target, as <c>-S -v</c> does; null for none.</param>
    public static void Print(
        OptionWriter writer, string chain, Rule rule, RuleEnvironment environment, RuleCounters? inner = null)
    {
        writer.Raw("-A ").Raw(chain);
        PrintBase(writer, rule.Ip, environment.Names);
        PrintContext context = new(rule.Ip, environment, IsNumeric: true);
        foreach (Match match in rule.Matches)
        {
            writer.Raw(" -m ").Raw(match.Declaration.Name);
            match.Save(writer, context);
        }
        if (inner is { } counters)
        {
            writer.Raw(" -c ").Number(counters.Packets).Raw(' ').Number(counters.Bytes);
        }
        if (rule.Target is { } target)
        {
            writer.Raw(target is JumpTarget { IsGoto: true } ? " -g " : " -j ").Raw(target.Name);
            (target as ExtensionTarget)?.Save(writer, context);
        }
    }

    private static void PrintBase(OptionWriter writer, IpSpec ip, NameDatabase names)
    {
        PrintPrefix(writer, " -s ", ip.Source, ip.Has(IpSpecFlags.NotSource));
        PrintPrefix(writer, " -d ", ip.Destination, ip.Has(IpSpecFlags.NotDestination));
        PrintInterface(writer, " -i ", ip.InInterface, ip.Has(IpSpecFlags.NotInInterface));
        PrintInterface(writer, " -o ", ip.OutInterface, ip.Has(IpSpecFlags.NotOutInterface));
        if (ip.Protocol != 0)
        {
            writer.Raw(ip.Has(IpSpecFlags.NotProtocol) ? " ! -p " : " -p ");
            if (NameParser.ProtocolName(ip.Protocol, names) is { } name)
            {
                writer.Raw(name);
            }
            else
            {
                writer.Number(ip.Protocol);
            }
        }
        if (ip.Has(IpSpecFlags.Fragment))
        {
            writer.Raw(ip.Has(IpSpecFlags.NotFragment) ? " ! -f" : " -f");
        }
    }

    private static void PrintPrefix(OptionWriter writer, string option, in NetPrefix prefix, bool isInverted)
    {
        if (prefix.Mask.Bits == 0 && prefix.Address.Bits == 0 && !isInverted)
        {
            return;
        }
        writer.Raw(isInverted ? " !" : "").Raw(option).Prefix(prefix);
    }

    // A pattern without a single fixed letter prints nothing, even when it is inverted.
    private static void PrintInterface(OptionWriter writer, string option, InterfacePattern? pattern, bool isInverted)
    {
        if (pattern is not null && !pattern.IsAny)
        {
            writer.Raw(isInverted ? " !" : "").Raw(option).Raw(pattern.Text);
        }
    }
}
