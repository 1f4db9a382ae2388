using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// The check of <see cref="TableChecker"/> at the cost of what changed since the last one. It only ever says yes: in all doubt
/// the whole table has to be checked, which also finds the words.
/// </summary>
internal sealed class TableRecheck
{
    private readonly CheckedTable _known;
    private readonly Table _next;
    private readonly List<string> _removed = [];
    private readonly Dictionary<string, ChainCalls> _changed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ChainCalls> _grown = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unreached = new(StringComparer.Ordinal);
    private int _stepsLeft;

    private TableRecheck(CheckedTable known, Table next)
    {
        (_known, _next) = (known, next);
        // More work than that, and the whole table is checked as fast.
        _stepsLeft = 1000 + (next.UserChainCount / 4);
    }

    /// <summary>Whether a table is surely fine; then <paramref name="known"/> is what is known of it.</summary>
    /// <param name="known">What is known of the table before.</param>
    /// <param name="next">The table after.</param>
    /// <param name="check">The check of a chain's rules, reached from some hooks.</param>
    public static bool IsFine(CheckedTable known, Table next, Func<ChainCalls, Hooks, bool> check)
    {
        TableRecheck recheck = new(known, next);
        if (!recheck.FindChanges() || !recheck.Spread() || recheck.MayLoop()
            || !recheck._changed.Values.Concat(recheck._grown.Values).All(calls => check(calls, recheck.ReachOf(calls.Chain.Name))))
        {
            return false;
        }
        recheck._removed.ForEach(name => known.Reach.Remove(name));
        known.Table = next;
        return true;
    }

    private Hooks ReachOf(string chain) => _known.Reach.GetValueOrDefault(chain);

    private bool FindChanges()
    {
        foreach ((Chain? before, Chain? after) in _known.Table.DifferencesTo(_next))
        {
            if (after is null)
            {
                _removed.Add(before!.Name);
            }
            else if (before?.SharesRules(after) != true)
            {
                _changed.Add(after.Name, new ChainCalls(after));
            }
            if (--_stepsLeft < 0)
            {
                return false;
            }
        }
        for (int i = 0; i < _next.BuiltIn.Length; i++)
        {
            if (!_next.BuiltIn[i].SharesRules(_known.Table.BuiltIn[i]))
            {
                _changed.Add(_next.BuiltIn[i].Name, new ChainCalls(_next.BuiltIn[i]));
            }
        }
        return true;
    }

    // Chains that become reachable from more hooks make the chains they lead to so.
    private bool Spread()
    {
        Queue<ChainCalls> waiting = new(_changed.Values);
        while (waiting.TryDequeue(out ChainCalls from))
        {
            Hooks hooks = ReachOf(from.Chain.Name);
            foreach (string called in from.Calls)
            {
                Hooks before = ReachOf(called);
                if ((hooks & ~before) == 0)
                {
                    continue;
                }
                if (_next.Find(called) is not { } chain || --_stepsLeft < 0)
                {
                    return false;
                }
                if (before == Hooks.None)
                {
                    _unreached.Add(called);
                }
                _known.Reach[called] = before | hooks;
                if (!_changed.TryGetValue(called, out ChainCalls calls) && !_grown.TryGetValue(called, out calls))
                {
                    _grown.Add(called, calls = new ChainCalls(chain));
                }
                waiting.Enqueue(calls);
            }
        }
        return true;
    }

    // A new loop has a jump in it that was not there before or that no hook led to; those alone count.
    private bool MayLoop()
    {
        foreach (ChainCalls calls in _changed.Values.Concat(_grown.Values.Where(grown => _unreached.Contains(grown.Chain.Name))))
        {
            HashSet<string> former = new(StringComparer.Ordinal);
            if (!_unreached.Contains(calls.Chain.Name) && _known.Table.Find(calls.Chain.Name) is { } before)
            {
                former.UnionWith(new ChainCalls(before).Calls);
            }
            HashSet<string> seen = new(StringComparer.Ordinal);
            Stack<string> waiting = new(calls.Calls.Where(called => !former.Contains(called)));
            while (waiting.TryPop(out string? at))
            {
                if (!seen.Add(at))
                {
                    continue;
                }
                if (at == calls.Chain.Name || --_stepsLeft < 0 || _next.Find(at) is not { } chain)
                {
                    return true;
                }
                Array.ForEach(new ChainCalls(chain).Calls, waiting.Push);
            }
        }
        return false;
    }
}
