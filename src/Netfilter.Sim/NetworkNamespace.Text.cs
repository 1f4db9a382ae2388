using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim;

/// <summary>Rulesets as text.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>
    /// Puts the tables of a text in place, as <c>iptables-restore</c> does, but all or nothing over the whole text (D11).
    /// Other tables stay; policies that the text does not give stay.
    /// </summary>
    /// <param name="text">What iptables-save or ip6tables-save wrote.</param>
    /// <param name="family">The family of its rules.</param>
    /// <param name="counters">Whether counters in the text are taken (<c>-c</c>).</param>
    /// <exception cref="RulesetFormatException">The text is not a ruleset; says line and column.</exception>
    /// <exception cref="RulesetLoadException">The kernel would refuse it, or <see cref="IsStrict"/> does.</exception>
    public void Restore(string text, IpFamily family = IpFamily.IPv4, bool counters = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        RuleEnvironment environment = new NamespaceEnvironment(this, RuleEnvironment.Default);
        Ruleset ruleset = RulesetReader.Read(
            text, family, ExtensionRegistry.Default, environment, table => WithoutRules(family, table));
        Load(counters ? ruleset : WithoutCounters(ruleset));
    }

    /// <summary>What iptables-save prints, without its comment lines: the table that was registered last comes first.</summary>
    /// <param name="counters">Whether each rule's counters stand before it (<c>-c</c>).</param>
    /// <param name="family">Of which family's tool.</param>
    public string Save(bool counters = false, IpFamily family = IpFamily.IPv4) => Ruleset(family).ToText(counters);

    private Table WithoutRules(IpFamily family, TableDefinition definition)
    {
        Table empty = Table.Empty(definition);
        return Xtables(family).Instance(definition) is not { } loaded
            ? empty
            : empty.With(loaded.Current.Chains.Where(chain => chain.IsBuiltIn)
                .Select(chain => new Chain(chain.Name, RuleSequence.Empty, chain.Policy)));
    }

    private static Ruleset WithoutCounters(Ruleset ruleset)
    {
        static RuleSequence Zeroed(RuleSequence rules) => rules.HasCounters ? rules.WithCounters(_ => default) : rules;
        return new Ruleset(ruleset.Family, [.. ruleset.Tables.Select(table => table.With(table.Chains
            .Where(chain => chain.PolicyCounters != default || chain.Rules.HasCounters)
            .Select(chain => chain with { Rules = Zeroed(chain.Rules), PolicyCounters = default }).ToList()))]);
    }
}
