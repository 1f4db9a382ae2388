using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Engine;

/// <summary>A table of one namespace as it is loaded: rules made ready for the walk, with their counters and states (<c>struct xt_table_info</c>).</summary>
internal abstract class TableInstance
{
    protected TableInstance(TableDefinition definition) => Current = Table.Empty(definition);

    /// <summary>The rules. Counters in it are those of the text; the live ones are <see cref="CountersOf"/>'s.</summary>
    public Table Current { get; protected set; }

    /// <summary>What of the host's machinery the loaded rules need.</summary>
    public RuleNeeds Needs { get; protected set; }

    /// <summary>What is known since the last check of a table that a tool put in place; that may be one before the
    /// present.</summary>
    public CheckedTable? Checked { get; set; }

    public static TableInstance Create(IpFamily family, TableDefinition definition) => family == IpFamily.IPv4
        ? new TableInstance<AddressV4>(definition)
        : new TableInstance<AddressV6>(definition);

    /// <summary>Walks a packet through the built-in chain of a hook.</summary>
    public abstract Verdict Walk(Hook hook, PacketBuffer packet, WalkContext walk);

    /// <summary>Puts other rules in place, all or nothing, as <c>IPT_SO_SET_REPLACE</c> does.</summary>
    /// <param name="next">
    /// The new table. Its policy counters become the policies'. The counters in it become those of rules that are new in
    /// their chain; rules that stay (the same <see cref="Rule"/> object) keep theirs when <paramref name="keepsCounters"/>.
    /// </param>
    /// <param name="keepsCounters">False for <c>iptables-restore</c> of a whole table.</param>
    /// <param name="states">Where the namespace keeps the states of rules.</param>
    /// <param name="isChecked">Whether it is known already that no chain leads back to itself.</param>
    /// <exception cref="RulesetLoadException">The kernel would refuse it.</exception>
    public abstract void Replace(Table next, bool keepsCounters, RuleStateStore states, bool isChecked = false);

    /// <summary>Gives back the states of all rules: the table goes.</summary>
    public abstract void Release(RuleStateStore states);

    /// <summary>The live counters of a rule, by its position from 0.</summary>
    public abstract RuleCounters CountersOf(string chain, int index);

    /// <summary>The live counters of a policy.</summary>
    public abstract RuleCounters PolicyCountersOf(string chain);

    /// <summary>Sets the counters of a rule, or of the chain's policy when <paramref name="index"/> is the number of rules.</summary>
    public abstract void SetCounters(string chain, int index, RuleCounters counters);

    /// <summary>The slot of a match's or target's state of one rule in the namespace's store, in order; for <c>-L</c>, <c>/proc</c> and tests.</summary>
    public abstract IReadOnlyList<int> StateSlotsOf(string chain);

    /// <summary>The table with all live counters put in.</summary>
    public abstract Table Snapshot();

    /// <summary>Bytes that the compiled form and the counters take, about.</summary>
    public abstract long EstimateBytes();

    /// <summary>A second instance for a forked namespace.</summary>
    public abstract TableInstance Fork();
}
