using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Where iptables-restore finds tables and puts them: a namespace, or a ruleset that is being read.</summary>
internal interface ITableAccess
{
    /// <summary>Begins to edit a table; it exists from then on.</summary>
    TableEditor Open(TableDefinition definition);

    /// <summary>Begins to edit a table from nothing but its policies, as iptables-restore does.</summary>
    TableEditor OpenEmpty(TableDefinition definition);

    /// <summary>The table with live counters; it exists from then on.</summary>
    Table Snapshot(TableDefinition definition);

    /// <summary>Puts an edited table in place, unless the kernel refuses it.</summary>
    ToolError? Commit(TableEditor editor, bool keepsCounters);
}
