using System.Numerics;

namespace Netfilter.Sim.Routing;

/// <summary>
/// One routing table as a look-up reads it: prefixes cut the addresses into ranges, and each range knows the longest prefix
/// that covers it. A walk over it goes on to shorter prefixes when a route does not suit, as <c>fib_table_lookup</c> and
/// <c>fib6_table_lookup</c> do.
/// </summary>
/// <typeparam name="TKey"><see cref="uint"/> or <see cref="UInt128"/>.</typeparam>
internal sealed class FibTable<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>
{
    // Where each range begins, and the longest prefix that covers it; the first begins at 0.
    private readonly TKey[] _starts;
    private readonly Prefix?[] _longest;

    public FibTable(IEnumerable<(TKey Prefix, int Length, RouteResult Route)> routes)
    {
        int width = typeof(TKey) == typeof(uint) ? 32 : 128;
        List<(TKey Start, Prefix? Longest)> ranges = [(TKey.Zero, null)];
        Prefix? outer = null;
        foreach (var prefix in routes.GroupBy(route => (route.Prefix, route.Length))
            .OrderBy(prefix => prefix.Key.Prefix).ThenBy(prefix => prefix.Key.Length))
        {
            outer = Leave(ranges, outer, prefix.Key.Prefix);
            TKey hosts = prefix.Key.Length == width ? TKey.Zero : TKey.AllBitsSet >>> prefix.Key.Length;
            outer = new Prefix(Ranked(prefix.Select(route => route.Route)), prefix.Key.Prefix | hosts, outer);
            Begin(ranges, prefix.Key.Prefix, outer);
            IsEmpty = false;
        }
        Leave(ranges, outer, null);
        (_starts, _longest) = ([.. ranges.Select(range => range.Start)], [.. ranges.Select(range => range.Longest)]);
    }

    public bool IsEmpty { get; } = true;

    /// <summary>The routes whose prefix an address lies in, longest prefix first.</summary>
    public Enumerator Find(TKey address)
    {
        TKey[] starts = _starts;
        int range = 0;
        for (int left = starts.Length; left > 1;)
        {
            int half = left >> 1;
            range = starts[range + half] <= address ? range + half : range;
            left -= half;
        }
        return new Enumerator(_longest[range]);
    }

    /// <summary>Routes to one prefix: the kernel's own table first where two are merged, then by TOS and metric; age breaks ties.</summary>
    private static RouteResult[] Ranked(IEnumerable<RouteResult> routes) =>
    [
        .. routes.OrderByDescending(route => route.Table == RouteTables.Local)
            .ThenByDescending(route => route.Tos).ThenBy(route => route.Metric),
    ];

    // Ends the prefixes that end before an address, or all. Answers the innermost that is left.
    private static Prefix? Leave(List<(TKey Start, Prefix? Longest)> ranges, Prefix? innermost, TKey? before)
    {
        while (innermost is not null && (before is null || innermost.Last < before))
        {
            if (innermost.Last != TKey.AllBitsSet)
            {
                Begin(ranges, innermost.Last + TKey.One, innermost.Outer);
            }
            innermost = innermost.Outer;
        }
        return innermost;
    }

    private static void Begin(List<(TKey Start, Prefix? Longest)> ranges, TKey start, Prefix? longest)
    {
        if (ranges[^1].Start == start)
        {
            ranges.RemoveAt(ranges.Count - 1);
        }
        ranges.Add((start, longest));
    }

    /// <summary>A prefix: its routes, its last address, and the next shorter prefix around it.</summary>
    internal sealed record Prefix(RouteResult[] Routes, TKey Last, Prefix? Outer);

    /// <summary>Goes through routes.</summary>
    public ref struct Enumerator
    {
        private Prefix? _prefix;
        private int _route;

        internal Enumerator(Prefix? longest) => _prefix = longest;

        public readonly RouteResult Current => _prefix!.Routes[_route - 1];

        public bool MoveNext()
        {
            while (_prefix is not null)
            {
                if (_route < _prefix.Routes.Length)
                {
                    _route++;
                    return true;
                }
                (_prefix, _route) = (_prefix.Outer, 0);
            }
            return false;
        }
    }
}
