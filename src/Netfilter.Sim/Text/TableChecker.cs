using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

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
    private readonly Dictionary<string, Reach> _reach = new(StringComparer.Ordinal);

    private TableChecker(Table table, RuleEnvironment environment, NamedStates named)
    {
        _table = table;
        _environment = environment;
        _named = named;
        foreach (Chain chain in table.Chains)
        {
            _reach.Add(chain.Name, new Reach(chain));
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

    // mark_source_chains: a rule is reached until the first verdict without conditions; a goto counts as a jump.
    private string? FindLoop()
    {
        Stack<(Reach Chain, int Next)> path = [];
        foreach (Hook hook in Enum.GetValues<Hook>())
        {
            Hooks bit = (Hooks)(1 << (int)hook);
            if ((_table.Definition.Hooks & bit) == 0)
            {
                continue;
            }
            Enter(_reach[TableDefinition.ChainOf(hook)], bit);
            while (path.TryPop(out (Reach Chain, int Next) at))
            {
                if (at.Next == at.Chain.Calls.Length)
                {
                    at.Chain.IsOnPath = false;
                    continue;
                }
                path.Push((at.Chain, at.Next + 1));
                Reach? called = _reach.GetValueOrDefault(at.Chain.Calls[at.Next]);
                if (called is { IsOnPath: true, Chain.Rules.Count: > 0 })
                {
                    return called.Chain.Name;
                }
                if (called is not null && (called.Hooks & bit) == 0)
                {
                    Enter(called, bit);
                }
            }
        }
        return null;

        void Enter(Reach chain, Hooks bit)
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
            Reach reach = _reach[chain.Name];
            int index = 0;
            foreach (Rule rule in chain.Rules)
            {
                RuleCheck check = new(rule, _table.Definition, index < reach.Reached ? reach.Hooks : Hooks.None, _environment)
                {
                    Named = _named,
                };
                if (CheckRule(check, out string? extension) is var errno and not KernelErrno.None)
                {
                    return new TableVerdict(errno, chain.Name, index + 1, extension);
                }
                index++;
            }
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
    private sealed class Reach
    {
        public Reach(Chain chain)
        {
            Chain = chain;
            List<string>? calls = null;
            foreach (Rule rule in chain.Rules)
            {
                Reached++;
                if (rule.Target is JumpTarget jump)
                {
                    (calls ??= []).Add(jump.Chain);
                }
                else if (rule.Target is VerdictTarget && IsUnconditional(rule))
                {
                    break;
                }
            }
            Calls = calls?.ToArray() ?? [];
        }

        public Chain Chain { get; }

        /// <summary>How many rules from the front can be reached.</summary>
        public int Reached { get; }

        public string[] Calls { get; }

        public Hooks Hooks { get; set; }

        public bool IsOnPath { get; set; }

        private static bool IsUnconditional(Rule rule) => rule.Matches.IsEmpty
            && rule.Ip is { Flags: IpSpecFlags.None, Protocol: 0, InInterface: null, OutInterface: null }
            && rule.Ip.Source.Mask.Bits == 0 && rule.Ip.Destination.Mask.Bits == 0;
    }
}

/// <summary>The kernel's answer to a table.</summary>
/// <param name="Errno">The error; none when the table is taken.</param>
/// <param name="Chain">The chain that it is about.</param>
/// <param name="RuleNumber">The rule, from 1; 0 for the chain as a whole.</param>
/// <param name="Extension">The match or target that refused.</param>
internal readonly record struct TableVerdict(KernelErrno Errno, string? Chain, int RuleNumber, string? Extension);
