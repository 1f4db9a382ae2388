using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Tables that are read from a text and belong to no namespace yet, in the order in which the text has them.</summary>
internal sealed class DetachedTables(IpFamily family) : ITableAccess
{
    private readonly List<Table> _tables = [];

    /// <summary>What has been read.</summary>
    public Ruleset Ruleset => new(family, _tables.ToImmutableArray());

    public TableEditor Open(TableDefinition definition)
    {
        Table table = Find(definition) ?? Table.Empty(definition);
        return new TableEditor(table, (chain, index) => table.Find(chain)!.Rules.CountersOf(index));
    }

    public TableEditor OpenEmpty(TableDefinition definition) => new(Table.Empty(definition), (_, _) => default);

    public Table Snapshot(TableDefinition definition) => Find(definition) ?? Table.Empty(definition);

    public ToolError? Commit(TableEditor editor, bool keepsCounters)
    {
        Table next = editor.Build();
        int index = _tables.FindIndex(table => table.Name == next.Name);
        if (index >= 0)
        {
            _tables[index] = next;
        }
        else
        {
            _tables.Add(next);
        }
        return null;
    }

    private Table? Find(TableDefinition definition) => _tables.Find(table => table.Name == definition.Name);
}
