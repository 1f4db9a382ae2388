using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Engine;

/// <summary>
/// The tables that one namespace has loaded for one family (<c>net-&gt;xt.tables</c>). A table begins to exist, empty, when a
/// tool first asks for it, and is registered at its hooks then.
/// </summary>
internal sealed class XtablesState
{
    private readonly TableInstance?[] _tables = new TableInstance?[TableDefinition.All.Length];
    private readonly HookPipeline _hooks;
    private readonly bool _isStrict;
    private readonly List<TableDefinition> _newestFirst = [];

    /// <param name="family">The family.</param>
    /// <param name="hooks">Where tables are registered.</param>
    /// <param name="isStrict">Whether rules that are not modelled are refused.</param>
    public XtablesState(IpFamily family, HookPipeline hooks, bool isStrict)
    {
        Family = family;
        _hooks = hooks;
        _isStrict = isStrict;
    }

    private XtablesState(XtablesState origin, HookPipeline hooks)
        : this(origin.Family, hooks, origin._isStrict)
    {
        _newestFirst.AddRange(origin._newestFirst);
        for (int i = 0; i < _tables.Length; i++)
        {
            _tables[i] = origin._tables[i]?.Fork();
        }
    }

    /// <summary>Told after every change of which tables there are and what is in them.</summary>
    public event Action? Changed;

    public IpFamily Family { get; }

    /// <summary>What of the host's machinery the loaded rules need.</summary>
    public RuleNeeds Needs => _tables.Aggregate(RuleNeeds.None, (needs, table) => needs | (table?.Needs ?? RuleNeeds.None));

    /// <summary>The tables as the kernel lists them: the one registered last comes first (<c>/proc/net/ip_tables_names</c>).</summary>
    public ImmutableArray<TableDefinition> Names => [.. _newestFirst];

    /// <summary>The tables without counters, in the kernel's order.</summary>
    public Ruleset Ruleset => new(Family, [.. _newestFirst.Select(table => Instance(table)!.Current)]);

    /// <summary>The table with an index in <see cref="TableDefinition.All"/>, or null when nobody has asked for it yet.</summary>
    public TableInstance? this[int ordinal] => _tables[ordinal];

    /// <summary>A table, or null when nobody has asked for it yet.</summary>
    public TableInstance? Instance(TableDefinition table) => _tables[TableDefinition.All.IndexOf(table)];

    /// <summary>A table; it begins to exist if it did not (<c>xt_find_table_lock</c> loads the module).</summary>
    public TableInstance Require(TableDefinition table)
    {
        ref TableInstance? instance = ref _tables[TableDefinition.All.IndexOf(table)];
        if (instance is null)
        {
            instance = TableInstance.Create(Family, table);
            _newestFirst.Insert(0, table);
            Register(table);
            Changed?.Invoke();
        }
        return instance;
    }

    /// <summary>Puts other rules into a table (<see cref="TableInstance.Replace"/>); makes it exist first.</summary>
    /// <exception cref="RulesetLoadException">
    /// The kernel would refuse it, or <see cref="FindUnmodelled"/> does; nothing has changed but that the table exists.
    /// </exception>
    public void Replace(Table table, bool keepsCounters, RuleStateStore states, bool isChecked = false)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (FindUnmodelled(table) is { } refusal)
        {
            throw refusal;
        }
        Require(table.Definition).Replace(table, keepsCounters, states, isChecked);
        Changed?.Invoke();
    }

    /// <summary>Why a strict namespace refuses a table that is to replace another; null when it does not.</summary>
    public RulesetLoadException? FindUnmodelled(Table next) =>
        _isStrict ? UnmodelledRules.Find(Require(next.Definition).Current, next) : null;

    /// <summary>The tables with their live counters, in the kernel's order.</summary>
    public Ruleset Snapshot() => new(Family, [.. _newestFirst.Select(table => Instance(table)!.Snapshot())]);

    /// <summary>The same tables for a forked namespace, whose hooks are registered already.</summary>
    public XtablesState Fork(HookPipeline hooks) => new(this, hooks);

    private void Register(TableDefinition table)
    {
        HookFunction function = TableHook.Create(Family, table);
        function = table == TableDefinition.Nat ? new NatHook(function) : function;
        foreach (Hook hook in Enum.GetValues<Hook>())
        {
            if (((int)table.Hooks & (1 << (int)hook)) != 0)
            {
                _hooks.Register(Family, hook, table.PriorityAt(hook), function);
            }
        }
    }
}
