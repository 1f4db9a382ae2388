using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim;

/// <summary>Changes to loaded rules at their own cost.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>
    /// Changes a table in one transaction: all or nothing, and only chains that are not the same object afterwards cost
    /// anything. Rules that stay keep their counters and their memory. Rules are taken as valid where they are put, as
    /// <see cref="Rules.Ruleset.Parse"/> gives them.
    /// </summary>
    /// <param name="table">The table's name; one that nobody has asked for begins to exist, empty.</param>
    /// <param name="edit">Gives the table as it is to be, for example <c>t => t.With(chain).Without("OLD")</c>.</param>
    /// <param name="family">Of which family's tool.</param>
    /// <exception cref="ArgumentException">There is no table of that name.</exception>
    /// <exception cref="RulesetLoadException">The kernel would refuse it, or <see cref="IsStrict"/> does; nothing has changed.</exception>
    public void Edit(string table, Func<Table, Table> edit, IpFamily family = IpFamily.IPv4)
    {
        ArgumentNullException.ThrowIfNull(edit);
        TableDefinition definition = TableDefinition.Find(table)
            ?? throw new ArgumentException($"There is no table {table}.", nameof(table));
        TableInstance loaded = Xtables(family).Require(definition);
        // Policies go on counting where they are.
        Table current = loaded.Current.With(definition.BuiltInChains.Select(
            name => loaded.Current.Find(name)! with { PolicyCounters = loaded.PolicyCountersOf(name) }));
        Table next = edit(current);
        if (!ReferenceEquals(current, next))
        {
            Xtables(family).Replace(next, keepsCounters: true, States);
        }
    }
}
