using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Tables as iptables-save writes them.</summary>
internal static class SavePrinter
{
    /// <summary>Writes a table from <c>*name</c> to <c>COMMIT</c>.</summary>
    public static void Print(OptionWriter writer, Table table, RuleEnvironment environment, bool withCounters)
    {
        writer.Raw('*').Raw(table.Name).Raw('\n');
        foreach (Chain chain in table.Chains)
        {
            writer.Raw(':').Raw(chain.Name).Raw(' ').Raw(chain.Policy is { } policy ? PolicyText.Of(policy) : "-");
            writer.Raw(' ');
            PrintCounters(writer, chain.PolicyCounters);
            writer.Raw('\n');
        }
        foreach (Chain chain in table.Chains)
        {
            int index = 0;
            foreach (Rule rule in chain.Rules)
            {
                if (withCounters)
                {
                    PrintCounters(writer, chain.Rules.CountersOf(index++));
                    writer.Raw(' ');
                }
                RulePrinter.Print(writer, chain.Name, rule, environment);
                writer.Raw('\n');
            }
        }
        writer.Raw("COMMIT\n");
    }

    private static void PrintCounters(OptionWriter writer, RuleCounters counters) =>
        writer.Raw('[').Number(counters.Packets).Raw(':').Number(counters.Bytes).Raw(']');
}
