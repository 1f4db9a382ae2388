using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>The tables of one family of a namespace, as the tools reach them through the kernel's socket options.</summary>
internal sealed class RulesetAccess(NetworkNamespace host, IpFamily family, NamespaceEnvironment environment)
{
    private XtablesState Tables => host.Xtables(family);

    /// <summary>The tables that exist, newest first.</summary>
    public IReadOnlyList<TableDefinition> Names => Tables.Names;

    /// <summary>Begins to edit a table; it exists from then on.</summary>
    public TableEditor Open(TableDefinition definition)
    {
        TableInstance instance = Tables.Require(definition);
        return new TableEditor(instance.Current, instance.CountersOf);
    }

    /// <summary>Begins to edit a table from nothing but its policies, as iptables-restore does.</summary>
    public TableEditor OpenEmpty(TableDefinition definition)
    {
        TableInstance instance = Tables.Require(definition);
        IEnumerable<Chain> emptied = instance.Current.Chains
            .Where(chain => chain.IsBuiltIn)
            .Select(chain => new Chain(chain.Name, RuleSequence.Empty, chain.Policy));
        return new TableEditor(Table.Empty(definition).With(emptied), (_, _) => default, isChanged: true);
    }

    /// <summary>The table with live counters; it exists from then on.</summary>
    public Table Snapshot(TableDefinition definition) => Tables.Require(definition).Snapshot();

    /// <summary>
    /// Puts an edited table in place, unless the kernel refuses it. Without edits nothing is sent to the kernel, and the
    /// policies' counters go on (<c>libiptc.c TC_COMMIT</c>).
    /// </summary>
    /// <param name="editor">The edits.</param>
    /// <param name="keepsCounters">Whether rules that stay keep their counters.</param>
    public ToolError? Commit(TableEditor editor, bool keepsCounters)
    {
        if (!editor.IsChanged)
        {
            return null;
        }
        Table next = editor.Build();
        TableInstance instance = Tables.Require(editor.Definition);
        CheckedTable? known = instance.Checked;
        instance.Checked = null;
        // Whoever replaces whole tables seldom changes little afterwards.
        TableVerdict verdict = keepsCounters
            ? TableChecker.CheckNext(next, environment, host.States, ref known)
            : TableChecker.Check(next, environment, new NamedStates(host.States));
        if (verdict.Errno != KernelErrno.None)
        {
            return ToolError.OfKernel(verdict.Errno);
        }
        if (Tables.FindUnmodelled(next) is { } refusal)
        {
            return new ToolError(refusal.Message.TrimEnd('.'), IsOfSimulator: true);
        }
        Tables.Replace(next, keepsCounters, host.States, isChecked: true);
        instance.Checked = known;
        foreach ((string chain, int index) in editor.Zeroed)
        {
            int count = next.Find(chain)?.Rules.Count ?? 0;
            for (int i = Math.Max(index, 0); i < (index < 0 ? count : Math.Min(index + 1, count)); i++)
            {
                instance.SetCounters(chain, i, default);
            }
        }
        return null;
    }
}
