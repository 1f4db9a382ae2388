using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Routing of what the host sends, and the choice of its source address.</summary>
internal sealed partial class Fib
{
    private static readonly RouteResult Invalid = new(RouteType.Blackhole);

    /// <summary>
    /// The way of a packet that the host sends (<c>ip_route_output_key_hash_rcu</c>). The source may have to be one of the
    /// host's addresses; when it is zero one is chosen.
    /// </summary>
    /// <param name="key">The destination and, if chosen already, the source.</param>
    /// <param name="anySource">Whether a foreign source will do (<c>FLOWI_FLAG_ANYSRC</c>).</param>
    /// <param name="source">The source to use.</param>
    /// <returns>A result whose type tells of failure as <see cref="LookupV4"/>'s does.</returns>
    public RouteResult RouteOutputV4(RouteKey key, bool anySource, out NetAddress source)
    {
        source = key.Source;
        uint destination = key.Destination.IPv4Bits;
        bool isGroup = destination >> 28 == 14 || destination == uint.MaxValue;
        NetDevice? forced = key.OutIndex == 0 ? null : Device(key.OutIndex);
        if (source.IPv4Bits != 0)
        {
            if (source.IPv4Bits >> 28 == 14 || source.IPv4Bits == uint.MaxValue || source.IPv4Bits == 0)
            {
                return Invalid;
            }
            if (forced is null && isGroup)
            {
                NetDevice? owner = OwnerOf(source);
                return owner is null ? Invalid : GroupRoute(destination, owner);
            }
            if (!anySource && AddressTypeV4(source.IPv4Bits) != RouteType.Local)
            {
                return Invalid;
            }
        }
        if (forced is not null && (destination >> 8 == 0xe00000 || destination == uint.MaxValue))
        {
            source = source.IPv4Bits != 0 ? source : SelectSourceV4(forced, null, RouteScope.Link) ?? source;
            return GroupRoute(destination, forced);
        }
        if (destination == 0)
        {
            source = source.IPv4Bits != 0 ? source : new NetAddress(0x7f000001u);
            return _loopbackOutput;
        }
        RouteResult route = LookupV4(key with { InIndex = Loopback.Index });
        if (ThrowsAway(route.Type))
        {
            if (forced is null)
            {
                return route;
            }
            source = source.IPv4Bits != 0 ? source : SelectSourceV4(forced, null, RouteScope.Link) ?? source;
            return new RouteResult(isGroup ? RouteType.Multicast : RouteType.Unicast) { Device = forced, Scope = RouteScope.Link, NextHopScope = RouteScope.Host };
        }
        if (route.Type == RouteType.Local)
        {
            source = source.IPv4Bits != 0 ? source : route.PreferredSource ?? key.Destination;
            return LoopbackOutput(route);
        }
        source = source.IPv4Bits != 0 ? source : SourceOf(route);
        return Outgoing(route, destination, source);
    }

    /// <summary><c>__mkroute_output</c>: loopback addresses stay on the host unless <c>route_localnet</c> lets them go.</summary>
    private RouteResult Outgoing(RouteResult route, uint destination, NetAddress source)
    {
        NetDevice device = route.Device!;
        if (source.IPv4Bits >> 24 == 127 && device.Kind != NetDeviceKind.Loopback && !Flags(device).RoutesLocalnet)
        {
            return Invalid;
        }
        if (destination == 0)
        {
            return Invalid;
        }
        return destination >> 28 == 14 ? GroupRoute(destination, device) : route;
    }

    private static RouteResult GroupRoute(uint destination, NetDevice device) =>
        new(destination == uint.MaxValue ? RouteType.Broadcast : RouteType.Multicast)
        {
            Device = device,
            Scope = RouteScope.Link,
            NextHopScope = RouteScope.Host,
        };

    /// <summary>The host's own addresses are reached over <c>lo</c>.</summary>
    private RouteResult LoopbackOutput(RouteResult local) =>
        local.Realm == 0 ? _loopbackOutput : _loopbackOutput with { Realm = local.Realm };

    /// <summary>The source address that a route gives (<c>fib_result_prefsrc</c>).</summary>
    public NetAddress SourceOf(RouteResult route) => route.PreferredSource
        ?? (route.Device is null ? null : SelectSourceV4(route.Device, route.Gateway, route.Scope))
        ?? new NetAddress(0u);

    /// <summary>
    /// The address of an interface that suits a destination best (<c>net/ipv4/devinet.c inet_select_addr</c>): one in its
    /// network, else the first; else one of another interface. MASQUERADE and REDIRECT take their addresses from here.
    /// </summary>
    /// <param name="device">The interface.</param>
    /// <param name="destination">The next hop; null for any.</param>
    /// <param name="scope">Addresses of a wider scope than this do not do.</param>
    /// <returns>Null when no interface has any.</returns>
    public NetAddress? SelectSourceV4(NetDevice device, NetAddress? destination, byte scope)
    {
        byte narrowest = Flags(device).RoutesLocalnet ? RouteScope.Link : RouteScope.Host;
        NetAddress? first = null;
        foreach (InterfaceAddress address in device.Addresses)
        {
            if (address.Address.Family != IpFamily.IPv4 || address.IsSecondary || Math.Min(address.Scope, narrowest) > scope)
            {
                continue;
            }
            if (destination is null || address.Network.Contains(destination.Value))
            {
                return address.Address;
            }
            first ??= address.Address;
        }
        return first ?? SelectSourceElsewhere(scope);
    }

    /// <summary><c>in_dev_select_addr</c> over all interfaces, <c>lo</c> first.</summary>
    private NetAddress? SelectSourceElsewhere(byte scope)
    {
        foreach (NetDevice other in Configuration.Devices)
        {
            foreach (InterfaceAddress address in other.Addresses)
            {
                if (address.Address.Family == IpFamily.IPv4 && !address.IsSecondary
                    && address.Scope != RouteScope.Link && address.Scope <= scope)
                {
                    return address.Address;
                }
            }
        }
        return null;
    }

    /// <summary>The way of an IPv6 packet that the host sends (<c>ip6_route_output</c>); a missing source is chosen.</summary>
    public RouteResult RouteOutputV6(RouteKey key, out NetAddress source)
    {
        source = key.Source;
        bool strict = NeedsStrictV6(key.Destination) || (key.OutIndex != 0 && key.Source.Bits == 0);
        RouteResult route = LookupV6(key with { InIndex = Loopback.Index, IsStrict = strict && key.OutIndex != 0 });
        if (ThrowsAway(route.Type))
        {
            return route;
        }
        if (source.Bits == 0)
        {
            source = route.PreferredSource ?? SelectSourceV6(route.Device!, key.Destination) ?? source;
        }
        return route.Type is RouteType.Local or RouteType.Anycast ? LoopbackOutput(route) : route;
    }
}
