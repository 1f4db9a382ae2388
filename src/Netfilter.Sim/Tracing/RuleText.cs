using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tracing;

/// <summary>A rule as <c>iptables -S</c> prints it, without <c>-A chain</c>.</summary>
internal static class RuleText
{
    private const string Chain = "x";
    private const string Start = "-A " + Chain;

    public static string Of(Rule rule)
    {
        OptionWriter writer = new();
        RulePrinter.Print(writer, Chain, rule, new RuleEnvironment());
        ReadOnlySpan<char> text = writer.Written[Start.Length..].TrimStart();
        return text.Length == 0 ? "(every packet)" : text.ToString();
    }
}
