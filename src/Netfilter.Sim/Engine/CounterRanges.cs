using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Engine;

/// <summary>The counters of a table, handed out to chains in ranges. Forked with the namespace.</summary>
internal sealed class CounterRanges
{
    private readonly Dictionary<int, Stack<int>> _free = [];
    private readonly CowArray<RuleCounters> _counters;

    public CounterRanges()
        : this(new CowArray<RuleCounters>())
    {
    }

    private CounterRanges(CowArray<RuleCounters> counters) => _counters = counters;

    public ref readonly RuleCounters Read(int index) => ref _counters.Read(index);

    public ref RuleCounters Write(int index) => ref _counters.Write(index);

    /// <summary>Takes a range of counters; what is in them is whatever a former owner left.</summary>
    public int Take(int count) =>
        _free.TryGetValue(count, out Stack<int>? free) && free.TryPop(out int first) ? first : _counters.Add(count);

    public void Give(int first, int count)
    {
        if (!_free.TryGetValue(count, out Stack<int>? free))
        {
            _free.Add(count, free = new Stack<int>());
        }
        free.Push(first);
    }

    public CounterRanges Fork()
    {
        CounterRanges fork = new(_counters.Fork());
        foreach ((int count, Stack<int> free) in _free)
        {
            fork._free.Add(count, new Stack<int>(free.Reverse()));
        }
        return fork;
    }
}
