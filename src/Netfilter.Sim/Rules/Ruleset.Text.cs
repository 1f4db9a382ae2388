using System.Diagnostics.CodeAnalysis;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Rules;

/// <summary>Rulesets as iptables-save writes them.</summary>
public sealed partial class Ruleset
{
    /// <summary>Reads what iptables-save printed, or any other input of iptables-restore; counters are kept.</summary>
    /// <param name="text">The text; comment lines are no content.</param>
    /// <param name="family">Of which family's tool it is.</param>
    /// <param name="registry">The extensions; null for the library's.</param>
    /// <param name="environment">Names and objects outside the rules; null for the default.</param>
    /// <exception cref="RulesetFormatException">iptables-restore would refuse the text.</exception>
    public static Ruleset Parse(
        string text,
        IpFamily family = IpFamily.IPv4,
        ExtensionRegistry? registry = null,
        RuleEnvironment? environment = null) =>
        RulesetText.Read(text, family, registry, environment, out RulesetFormatException? error) ?? throw error!;

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    /// <returns>Whether the text is a ruleset.</returns>
    public static bool TryParse(
        string text,
        IpFamily family,
        [NotNullWhen(true)] out Ruleset? ruleset,
        [NotNullWhen(false)] out RulesetFormatException? error)
    {
        ruleset = RulesetText.Read(text, family, null, null, out error);
        return ruleset is not null;
    }

    /// <summary>The text of iptables-save without its comment lines, which hold version and date.</summary>
    /// <param name="counters">Whether each rule's counters stand before it.</param>
    /// <param name="environment">Names that are printed; null for the default.</param>
    public string ToText(bool counters = false, RuleEnvironment? environment = null)
    {
        OptionWriter writer = new();
        foreach (Table table in Tables)
        {
            SavePrinter.Print(writer, table, environment ?? RuleEnvironment.Default, counters);
        }
        return writer.ToString();
    }

    /// <summary>The text of iptables-save without comment lines and counters of rules.</summary>
    public override string ToString() => ToText();
}
