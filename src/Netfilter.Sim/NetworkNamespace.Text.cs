using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim;

/// <summary>Rules as text.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>
    /// Loads what iptables-save printed, or any other input of iptables-restore, in place of the tables that it names. All or
    /// nothing: when anything in the text is refused, nothing is changed.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="family">Of which family's tool it is.</param>
    /// <param name="counters">Whether counters are taken from the text (<c>iptables-restore -c</c>); otherwise they begin at zero.</param>
    /// <exception cref="RulesetFormatException">iptables-restore, or the kernel, would refuse the text.</exception>
    public void Restore(string text, IpFamily family = IpFamily.IPv4, bool counters = false)
    {
        RuleEnvironment environment = new NamespaceEnvironment(this, RuleEnvironment.Default);
        Ruleset ruleset = RulesetText.Read(text, family, null, environment, out RulesetFormatException? error, counters) ?? throw error!;
        foreach (Table table in ruleset.Tables)
        {
            TableVerdict verdict = TableChecker.Check(table, environment);
            if (verdict.Errno != KernelErrno.None)
            {
                string place = verdict.Chain is null ? table.Name : $"{table.Name}/{verdict.Chain} rule {verdict.RuleNumber}";
                throw new RulesetFormatException($"{place}: {ToolError.OfKernel(verdict.Errno).Message}");
            }
        }
        try
        {
            Load(ruleset);
        }
        catch (RulesetLoadException refused)
        {
            throw new RulesetFormatException(refused.Message, refused);
        }
    }

    /// <summary>What iptables-save prints, without its comment lines: the table that was registered last comes first.</summary>
    /// <param name="counters">Whether each rule's counters stand before it (<c>-c</c>).</param>
    /// <param name="family">Of which family's tool.</param>
    public string Save(bool counters = false, IpFamily family = IpFamily.IPv4) => Ruleset(family).ToText(counters);
}
