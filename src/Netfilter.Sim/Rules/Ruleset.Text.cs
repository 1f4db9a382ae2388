using System.Diagnostics.CodeAnalysis;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Rules;

/// <summary>Rulesets as text.</summary>
public sealed partial class Ruleset
{
    /// <summary>
    /// Reads what iptables-save or ip6tables-save wrote: order of tables and counters are kept, comment lines left out.
    /// Unless an environment is given, sets and other objects that rules name are taken to exist.
    /// </summary>
    /// <param name="text">The text; lines end with a line feed.</param>
    /// <param name="family">The family of its rules.</param>
    /// <param name="registry">The extensions; null for the library's.</param>
    /// <param name="environment">Names and objects outside the rules; null for the default names and all objects.</param>
    /// <exception cref="RulesetFormatException">The text is not a ruleset; says line and column.</exception>
    public static Ruleset Parse(
        string text,
        IpFamily family = IpFamily.IPv4,
        ExtensionRegistry? registry = null,
        RuleEnvironment? environment = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return RulesetReader.Read(
            text, family, registry ?? ExtensionRegistry.Default, environment ?? RuleEnvironment.Permissive);
    }

    /// <summary>Reads a text as <see cref="Parse"/> does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="family">The family of its rules.</param>
    /// <param name="ruleset">The ruleset.</param>
    /// <param name="error">What is wrong and where.</param>
    /// <returns>False when the text is not a ruleset.</returns>
    public static bool TryParse(
        string text,
        IpFamily family,
        [NotNullWhen(true)] out Ruleset? ruleset,
        [NotNullWhen(false)] out RulesetFormatException? error)
    {
        try
        {
            (ruleset, error) = (Parse(text, family), null);
            return true;
        }
        catch (RulesetFormatException exception)
        {
            (ruleset, error) = (null, exception);
            return false;
        }
    }

    /// <summary>The tables as iptables-save writes them, without its comment lines.</summary>
    /// <param name="counters">Whether each rule's counters stand before it, as with <c>-c</c>.</param>
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

    /// <summary>The tables as iptables-save writes them, rules without counters.</summary>
    public override string ToString() => ToText();
}
