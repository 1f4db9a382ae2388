using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Text;

/// <summary>
/// What the kernel says of a new table (<c>net/ipv4/netfilter/ip_tables.c translate_table</c>): first loops, then each
/// rule's matches and target, in the order of the blob, with the hooks from which the rule can be reached.
/// </summary>
internal sealed class TableChecker
{
    private readonly Table _table;
    private readonly RuleEnvironment _environment;
    private readonly NamedStates _named;
    private readonly Dictionary<string, Visit> _reach = new(StringComparer.Ordinal);

    private TableChecker(Table table, RuleEnvironment environment, NamedStates named)
    {
        _table = table;
        _environment = environment;
        _named = named;
        foreach (Chain chain in table.Chains)
        {
            _reach.Add(chain.Name, new Visit(chain));
        }
    }

    /// <summary>The kernel's answer, and where it stopped.</summary>
    /// <param name="table">The new table.</param>
    /// <param name="environment">Names and objects outside the rules.</param>
    /// <param name="named">The states that rules share by name, and those that tables checked before would make.</param>
    public static TableVerdict Check(Table table, RuleEnvironment environment, NamedStates named)
    {
        TableChecker checker = new(table, environment, named);
        string? looping = checker.FindLoop();
        return looping is null ? checker.CheckRules() : new TableVerdict(KernelErrno.Loop, looping, 0, null);
    }

    /// <summary>The kernel's answer to a table that follows one that was checked, at the cost of what changed where that is
    /// possible.</summary>
    /// <param name="table">The new table.</param>
    /// <param name="environment">Names and objects outside the rules.</param>
    /// <param name="store">The states that rules share by name.</param>
    /// <param name="known">What is known of the table before; then of this one if the kernel takes it, else null.</param>
    public static TableVerdict CheckNext(
        Table table, NamespaceEnvironment environment, RuleStateStore store, ref CheckedTable? known)
    {
        // What another environment knows may have changed, and with it what the kernel says of rules that did not.
        NamedStates named = new(store);
        if (known is not null && environment.KnowsOnlyTheHost && TableRecheck.IsFine(known, table, (calls, hooks) =>
            CheckRules(calls, hooks, table.Definition, environment, named).Errno == KernelErrno.None))
        {
            return default;
        }
        known = null;
        TableChecker checker = new(table, environment, new NamedStates(store));
        string? looping = checker.FindLoop();
        if (looping is not null)
        {
            return new TableVerdict(KernelErrno.Loop, looping, 0, null);
        }
        TableVerdict verdict = checker.CheckRules();
        if (verdict.Errno == KernelErrno.None)
        {
            known = new CheckedTable(
                table, checker._reach.ToDictionary(pair => pair.Key, pair => pair.Value.Hooks, StringComparer.Ordinal));
        }
        return verdict;
    }

    /// <summary>Refuses a ruleset that the kernel would.</summary>
    /// <exception cref="RulesetLoadException">The kernel would refuse a table.</exception>
    public static void Refuse(Ruleset ruleset, RuleEnvironment environment, NamedStates named)
    {
        foreach (Table table in ruleset.Tables)
        {
            TableVerdict verdict = Check(table, environment, named);
            if (verdict.Errno != KernelErrno.None)
            {
                string what = verdict.Extension is null ? "" : $"{verdict.Extension}: ";
                throw new RulesetLoadException(
                    table.Name, verdict.Chain!, verdict.RuleNumber, what + ToolError.OfKernel(verdict.Errno).Message);
            }
        }
    }

    // mark_source_chains
    private string? FindLoop()
    {
        Stack<(Visit Chain, int Next)> path = [];
        foreach (Hook hook in Enum.GetValues<Hook>())
        {
            Hooks bit = (Hooks)(1 << (int)hook);
            if ((_table.Definition.Hooks & bit) == 0)
            {
                continue;
            }
            Enter(_reach[TableDefinition.ChainOf(hook)], bit);
            while (path.TryPop(out (Visit Chain, int Next) at))
            {
                if (at.Next == at.Chain.Calls.Calls.Length)
                {
                    at.Chain.IsOnPath = false;
                    continue;
                }
                path.Push((at.Chain, at.Next + 1));
                Visit? called = _reach.GetValueOrDefault(at.Chain.Calls.Calls[at.Next]);
                if (called is { IsOnPath: true, Calls.Chain.Rules.Count: > 0 })
                {
                    return called.Calls.Chain.Name;
                }
                if (called is not null && (called.Hooks & bit) == 0)
                {
                    Enter(called, bit);
                }
            }
        }
        return null;

        void Enter(Visit chain, Hooks bit)
        {
            chain.Hooks |= bit;
            chain.IsOnPath = true;
            path.Push((chain, 0));
        }
    }

    private TableVerdict CheckRules()
    {
        foreach (Chain chain in _table.Chains)
        {
            Visit visit = _reach[chain.Name];
            TableVerdict verdict = CheckRules(visit.Calls, visit.Hooks, _table.Definition, _environment, _named);
            if (verdict.Errno != KernelErrno.None)
            {
                return verdict;
            }
        }
        return default;
    }

    private static TableVerdict CheckRules(
        in ChainCalls calls, Hooks hooks, TableDefinition table, RuleEnvironment environment, NamedStates named)
    {
        int index = 0;
        foreach (Rule rule in calls.Chain.Rules)
        {
            RuleCheck check = new(rule, table, index < calls.Reached ? hooks : Hooks.None, environment) { Named = named };
            if (CheckRule(check, out string? extension) is var errno and not KernelErrno.None)
            {
                return new TableVerdict(errno, calls.Chain.Name, index + 1, extension);
            }
            index++;
        }
        return default;
    }

    private static KernelErrno CheckRule(in RuleCheck check, out string? extension)
    {
        KernelErrno errno;
        foreach (Match match in check.Rule.Matches)
        {
            errno = match.Declaration.CheckPlace(check);
            errno = errno == KernelErrno.None ? match.Check(check) : errno;
            if (errno != KernelErrno.None)
            {
                extension = match.Declaration.Name;
                return errno;
            }
        }
        extension = null;
        if (check.Rule.Target is not ExtensionTarget target)
        {
            return KernelErrno.None;
        }
        errno = target.Declaration.CheckPlace(check);
        errno = errno == KernelErrno.None ? target.Check(check) : errno;
        if (errno == KernelErrno.None && target.State is { Shared: not null } state)
        {
            check.Named?.Add(state);
        }
        extension = target.Name;
        return errno;
    }

    /// <summary>A chain while it is looked at.</summary>
    private sealed class Visit(Chain chain)
    {
        public ChainCalls Calls { get; } = new(chain);

        public Hooks Hooks { get; set; }

        public bool IsOnPath { get; set; }
    }
}

/// <summary>The kernel's answer to a table.</summary>
/// <param name="Errno">The error; none when the table is taken.</param>
/// <param name="Chain">The chain that it is about.</param>
/// <param name="RuleNumber">The rule, from 1; 0 for the chain as a whole.</param>
/// <param name="Extension">The match or target that refused.</param>
internal readonly record struct TableVerdict(KernelErrno Errno, string? Chain, int RuleNumber, string? Extension);
