using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Look-ups within one table, and what kind of address an address is.</summary>
internal sealed partial class Fib
{
    private static readonly RouteResult NoRoute = new(RouteType.Unspecified);
    private static readonly RouteResult Blackhole = new(RouteType.Blackhole);
    private static readonly RouteResult Unreachable = new(RouteType.Unreachable);
    private static readonly RouteResult Prohibit = new(RouteType.Prohibit);

    private readonly RouteResult _loopbackOutput;

    /// <summary>Looks up the way to an address of either family.</summary>
    public RouteResult Lookup(in RouteKey key) => key.Destination.Family == IpFamily.IPv4 ? LookupV4(key) : LookupV6(key);

    /// <summary><c>net/ipv4/fib_trie.c fib_table_lookup</c>.</summary>
    private static RouteResult? FindV4(FibTable<uint> table, in RouteKey key)
    {
        FibTable<uint>.Enumerator routes = table.Find(key.Destination.IPv4Bits);
        while (routes.MoveNext())
        {
            RouteResult route = routes.Current;
            if ((route.Tos != 0 && route.Tos != (key.Tos & 0xfc)) || route.Scope < key.Scope)
            {
                continue;
            }
            if (ThrowsAway(route.Type))
            {
                return route;
            }
            if (key.OutIndex == 0 || route.Device?.Index == key.OutIndex)
            {
                return route;
            }
        }
        return null;
    }

    /// <summary>
    /// <c>net/ipv6/route.c fib6_table_lookup</c>, <c>find_match</c>: of the routes of the best metric one by the wanted
    /// interface is preferred; where it has to be that one, shorter prefixes follow. Routes that throw away are <c>lo</c>'s.
    /// </summary>
    private RouteResult? FindV6(FibTable<UInt128> table, in RouteKey key)
    {
        FibTable<UInt128>.Enumerator routes = table.Find(key.Destination.Bits);
        RouteResult? best = null;
        while (routes.MoveNext())
        {
            RouteResult route = routes.Current;
            if (best is not null && (route.PrefixLength != best.PrefixLength || route.Metric != best.Metric))
            {
                return best;
            }
            if (key.OutIndex == 0 || (route.Device ?? Loopback).Index == key.OutIndex)
            {
                return route;
            }
            best ??= key.IsStrict ? null : route;
        }
        return best;
    }

    /// <summary>Whether a type of route has no way.</summary>
    public static bool ThrowsAway(RouteType type) =>
        type is RouteType.Unspecified or RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw;

    /// <summary>
    /// What kind of IPv4 address an address is to this host, on one interface when one is given
    /// (<c>inet_addr_type</c>, <c>inet_dev_addr_type</c>).
    /// </summary>
    public RouteType AddressTypeV4(uint address, NetDevice? device = null)
    {
        if (address == 0 || address == uint.MaxValue)
        {
            return RouteType.Broadcast;
        }
        if (address >> 28 == 14)
        {
            return RouteType.Multicast;
        }
        FibTable<uint>.Enumerator routes = _localV4.Find(address);
        while (routes.MoveNext())
        {
            RouteResult route = routes.Current;
            if (ThrowsAway(route.Type) || (device is not null && route.Device?.Index != device.Index))
            {
                return RouteType.Unicast;
            }
            return route.Type;
        }
        return RouteType.Unicast;
    }

    /// <summary>Whether an IPv4 or IPv6 address is the host's own.</summary>
    public bool IsLocal(NetAddress address) => address.Family == IpFamily.IPv4
        ? AddressTypeV4(address.IPv4Bits) == RouteType.Local
        : OwnsAddress(address);
}
