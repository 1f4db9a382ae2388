using System.Numerics;

namespace Netfilter.Sim.Routing;

/// <summary>
/// One routing table as a look-up reads it: for every prefix length in use a hash of prefixes, longest first. A walk over
/// it goes on to shorter prefixes when a route does not suit, as <c>fib_table_lookup</c> and <c>fib6_table_lookup</c> do.
/// </summary>
/// <typeparam name="TKey"><see cref="uint"/> or <see cref="UInt128"/>.</typeparam>
internal sealed class FibTable<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>
{
    private readonly Level[] _levels;

    public FibTable(IEnumerable<(TKey Prefix, int Length, RouteResult Route)> routes)
    {
        int width = typeof(TKey) == typeof(uint) ? 32 : 128;
        _levels =
        [
            .. routes.GroupBy(route => route.Length).OrderByDescending(level => level.Key).Select(level => new Level(
                level.Key == 0 ? TKey.Zero : TKey.AllBitsSet << (width - level.Key),
                level.GroupBy(route => route.Prefix).ToDictionary(
                    prefix => prefix.Key,
                    prefix => Ranked(prefix.Select(route => route.Route))))),
        ];
    }

    public bool IsEmpty => _levels.Length == 0;

    public Enumerator Find(TKey address) => new(_levels, address);

    /// <summary>Routes to one prefix: the kernel's own table first where two are merged, then by TOS and metric; age breaks ties.</summary>
    private static RouteResult[] Ranked(IEnumerable<RouteResult> routes) =>
    [
        .. routes.OrderByDescending(route => route.Table == RouteTables.Local)
            .ThenByDescending(route => route.Tos).ThenBy(route => route.Metric),
    ];

    private readonly record struct Level(TKey Mask, Dictionary<TKey, RouteResult[]> Prefixes);

    /// <summary>The routes whose prefix an address lies in, longest prefix first.</summary>
    public ref struct Enumerator
    {
        private readonly Level[] _levels;
        private readonly TKey _address;
        private int _level;
        private int _route;
        private RouteResult[] _routes;

        public Enumerator(object levels, TKey address)
        {
            _levels = (Level[])levels;
            _address = address;
            _routes = [];
        }

        public readonly RouteResult Current => _routes[_route - 1];

        public bool MoveNext()
        {
            while (_route >= _routes.Length)
            {
                if (_level >= _levels.Length)
                {
                    return false;
                }
                ref readonly Level level = ref _levels[_level++];
                _routes = level.Prefixes.GetValueOrDefault(_address & level.Mask) ?? [];
                _route = 0;
            }
            _route++;
            return true;
        }
    }
}
