using System.Numerics;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Tests.Routing;

public class FibTableTests
{
    [Fact]
    public void Find_RandomPrefixesIPv4_GivesThoseThatHoldTheAddressLongestFirst() => Compare<uint>(32);

    [Fact]
    public void Find_RandomPrefixesIPv6_GivesThoseThatHoldTheAddressLongestFirst() => Compare<UInt128>(128);

    [Fact]
    public void Find_EmptyTable_GivesNothing()
    {
        FibTable<uint> table = new([]);

        table.IsEmpty.ShouldBeTrue();
        Found(table, 0x0a000001u).ShouldBeEmpty();
    }

    // Few different bits, so that prefixes nest, touch each other and come twice.
    private static void Compare<TKey>(int width)
        where TKey : unmanaged, IBinaryInteger<TKey>
    {
        Random random = new(7);
        for (int round = 0; round < 300; round++)
        {
            List<(TKey Prefix, int Length, RouteResult Route)> routes = [];
            for (int i = random.Next(12); i >= 0; i--)
            {
                int length = random.Next(4) switch { 0 => 0, 1 => width, 2 => random.Next(1, 9), _ => width - random.Next(1, 9) };
                TKey mask = length == 0 ? TKey.Zero : TKey.AllBitsSet << (width - length);
                routes.Add((Address(random) & mask, length, new RouteResult(RouteType.Unicast) { Metric = (uint)i }));
            }
            FibTable<TKey> table = new(routes);
            table.IsEmpty.ShouldBeFalse();
            foreach (TKey address in Probes(routes, random))
            {
                Found(table, address).ShouldBe(routes
                    .Where(route => route.Length == 0 || ((route.Prefix ^ address) >>> (width - route.Length)) == TKey.Zero)
                    .OrderByDescending(route => route.Length).ThenBy(route => route.Route.Metric)
                    .Select(route => route.Route.Metric));
            }
        }

        TKey Address(Random of) =>
            (TKey.CreateTruncating(of.Next(8)) << (width - 3)) | TKey.CreateTruncating(of.Next(8)) | (of.Next(4) == 0 ? TKey.AllBitsSet >>> 2 : TKey.Zero);

        IEnumerable<TKey> Probes(List<(TKey Prefix, int Length, RouteResult Route)> routes, Random of) =>
            routes.SelectMany(route => new[] { route.Prefix, route.Prefix - TKey.One, route.Prefix + TKey.One })
                .Concat(Enumerable.Range(0, 10).Select(_ => Address(of))).Append(TKey.Zero).Append(TKey.AllBitsSet);
    }

    private static List<uint> Found<TKey>(FibTable<TKey> table, TKey address)
        where TKey : unmanaged, IBinaryInteger<TKey>
    {
        List<uint> metrics = [];
        FibTable<TKey>.Enumerator routes = table.Find(address);
        while (routes.MoveNext())
        {
            metrics.Add(routes.Current.Metric);
        }
        return metrics;
    }
}
