using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Routing of received packets (<c>net/ipv4/route.c ip_route_input_slow</c>, <c>net/ipv6/route.c ip6_route_input</c>).</summary>
internal sealed partial class Fib
{
    private static readonly RouteResult LocalBroadcast = new(RouteType.Broadcast);
    private static readonly RouteResult LocalMulticast = new(RouteType.Multicast);

    /// <summary>What becomes of an IPv4 packet that came in by an interface, after PREROUTING.</summary>
    /// <param name="key">Destination, source, mark, TOS, and what policy rules look at.</param>
    /// <param name="device">The interface.</param>
    public InputRoute RouteInputV4(in RouteKey key, NetDevice device)
    {
        (uint source, uint destination) = (key.Source.IPv4Bits, key.Destination.IPv4Bits);
        ref readonly DeviceFlags flags = ref Flags(device);
        if (destination >> 28 == 14)
        {
            return RouteInputMulticastV4(key, device);
        }
        if (source >> 28 == 14 || source == uint.MaxValue)
        {
            return Martian("a group or broadcast as source");
        }
        if (destination == uint.MaxValue || (source | destination) == 0)
        {
            return RouteInputBroadcastV4(key, device, null);
        }
        if (source == 0)
        {
            return Martian("the source 0.0.0.0");
        }
        if (destination == 0)
        {
            return Martian("the destination 0.0.0.0");
        }
        if ((destination >> 24 == 127 || source >> 24 == 127) && !flags.RoutesLocalnet)
        {
            return Martian("an address in 127.0.0.0/8 from outside (route_localnet is 0)");
        }
        RouteResult route = LookupV4(key);
        switch (route.Type)
        {
            case RouteType.Broadcast:
                return flags.ForwardsBroadcast ? Forwarded(key, device, route) : RouteInputBroadcastV4(key, device, route);
            case RouteType.Local:
                return ValidateSourceV4(key, device, null, out uint tag) is { } refusal
                    ? Martian(refusal)
                    : new InputRoute(InputKind.Local, WithRealm(route, tag));
            case RouteType.Unspecified or RouteType.Unreachable or RouteType.Prohibit when flags.ForwardsIPv4:
                return new InputRoute(InputKind.Error, route);
            case RouteType.Blackhole when flags.ForwardsIPv4:
                return new InputRoute(InputKind.Drop, route, "blackhole route");
        }
        if (!flags.ForwardsIPv4)
        {
            return new InputRoute(InputKind.Drop, route, "not for this host, and forwarding is off");
        }
        return route.Type == RouteType.Unicast ? Forwarded(key, device, route) : Martian("a destination that cannot be forwarded to");
    }

    private InputRoute Forwarded(in RouteKey key, NetDevice device, RouteResult route) =>
        ValidateSourceV4(key, device, route.Device, out uint tag) is { } refusal
            ? Martian(refusal)
            : new InputRoute(InputKind.Forward, WithRealm(route, tag));

    /// <summary>
    /// Adds the realm of the way back to the source in the upper half, where the route does not give one itself
    /// (<c>fib_combine_itag</c>, <c>set_class_tag</c>).
    /// </summary>
    private static RouteResult WithRealm(RouteResult route, uint tag)
    {
        uint realm = route.Realm;
        realm |= (realm & 0xffff) == 0 ? tag & 0xffff : 0;
        realm |= realm >> 16 == 0 ? tag & 0xffff0000 : 0;
        return realm == route.Realm ? route : route with { Realm = realm };
    }

    private InputRoute RouteInputBroadcastV4(in RouteKey key, NetDevice device, RouteResult? route)
    {
        bool hasSource = key.Source.IPv4Bits != 0;
        RouteKey withoutDestination = key with { Destination = new NetAddress(0u) };
        uint tag = 0;
        return hasSource && ValidateSourceV4(withoutDestination, device, null, out tag) is { } refusal
            ? Martian(refusal)
            : new InputRoute(InputKind.LocalGroup, WithRealm(route ?? LocalBroadcast, tag));
    }

    /// <summary><c>ip_route_input_rcu</c>, <c>ip_mc_validate_source</c>; only 224.0.0.1 is joined.</summary>
    private InputRoute RouteInputMulticastV4(in RouteKey key, NetDevice device)
    {
        const uint AllHosts = 0xe0000001;
        (uint source, uint destination) = (key.Source.IPv4Bits, key.Destination.IPv4Bits);
        if (destination != AllHosts)
        {
            return new InputRoute(InputKind.Drop, LocalMulticast, "a group that nobody here has joined");
        }
        if (source >> 28 == 14 || source == uint.MaxValue)
        {
            return Martian("a group or broadcast as source");
        }
        if (source >> 24 == 127 && !Flags(device).RoutesLocalnet)
        {
            return Martian("an address in 127.0.0.0/8 from outside (route_localnet is 0)");
        }
        RouteKey withoutDestination = key with { Destination = new NetAddress(0u) };
        uint tag = 0;
        return source != 0 && ValidateSourceV4(withoutDestination, device, null, out tag) is { } refusal
            ? Martian(refusal)
            : new InputRoute(InputKind.LocalGroup, WithRealm(LocalMulticast, tag));
    }

    /// <summary>
    /// Whether a source address may come in by an interface (<c>net/ipv4/fib_frontend.c fib_validate_source</c>): null when
    /// it may, or why not.
    /// </summary>
    /// <param name="key">The packet's; its destination is zero where the kernel does not give one.</param>
    /// <param name="device">The interface it came in by.</param>
    /// <param name="outDevice">The interface it is going to leave by; null for local delivery.</param>
    /// <param name="tag">The realm of the way back, in the upper half.</param>
    private string? ValidateSourceV4(in RouteKey key, NetDevice device, NetDevice? outDevice, out uint tag)
    {
        tag = 0;
        ref readonly DeviceFlags flags = ref Flags(device);
        bool checksLocalOnly = flags.RpFilter == 0 && !HasRealms
            && (device.Index != (outDevice?.Index ?? 0) || !flags.SendsRedirects);
        if (checksLocalOnly)
        {
            if (flags.AcceptsLocal)
            {
                return null;
            }
            if (!HasCustomLocalRoutes && !Configuration.HasCustomRulesV4)
            {
                return OwnsAddress(key.Source) ? "one of the host's own addresses as source" : null;
            }
        }
        return ValidateByRoute(Reversed(key, outDevice, flags), device, flags, out tag);
    }

    /// <summary>
    /// Whether a packet's sender is told of a shorter way: it is a neighbour on the interface that the packet leaves by again
    /// (<c>__mkroute_input</c>).
    /// </summary>
    /// <param name="key">The packet's.</param>
    /// <param name="device">The interface it came in by.</param>
    /// <param name="route">Its way out by the same interface.</param>
    public bool IsWorthRedirect(in RouteKey key, NetDevice device, RouteResult route)
    {
        ref readonly DeviceFlags flags = ref Flags(device);
        if (!flags.SendsRedirects)
        {
            return false;
        }
        RouteResult back = LookupV4(Reversed(key, route.Device, flags));
        if (ThrowsAway(back.Type) || back.Device?.Index != device.Index || back.NextHopScope < RouteScope.Host)
        {
            return false;
        }
        return flags.SharesMedia || IsOnLink(device, key.Source, route.Gateway);
    }

    // inet_addr_onlink
    private static bool IsOnLink(NetDevice device, NetAddress source, NetAddress? gateway)
    {
        foreach (InterfaceAddress address in device.Addresses)
        {
            if (address.Address.Family == IpFamily.IPv4 && !address.IsSecondary && address.Network.Contains(source)
                && (gateway is not { } next || address.Network.Contains(next)))
            {
                return true;
            }
        }
        return false;
    }

    private RouteKey Reversed(in RouteKey key, NetDevice? outDevice, in DeviceFlags flags) => key with
    {
        Destination = key.Source,
        Source = key.Destination,
        InIndex = outDevice?.Index ?? Loopback.Index,
        OutIndex = 0,
        Mark = flags.UsesMarkForSource ? key.Mark : 0,
        Uid = null,
        Scope = RouteScope.Universe,
        SourcePort = key.DestinationPort,
        DestinationPort = key.SourcePort,
    };

    /// <summary><c>__fib_validate_source</c>.</summary>
    private string? ValidateByRoute(in RouteKey reverse, NetDevice device, in DeviceFlags flags, out uint tag)
    {
        tag = 0;
        const string NoWayBack = "reverse path filter: the way back to the source does not lead there";
        bool hasAddress = HasAddressV4(device);
        RouteResult route = LookupV4(reverse);
        if (ThrowsAway(route.Type))
        {
            return flags.RpFilter != 0 ? NoWayBack : null;
        }
        if (route.Type != RouteType.Unicast && !(route.Type == RouteType.Local && flags.AcceptsLocal))
        {
            return route.Type == RouteType.Local ? "one of the host's own addresses as source" : "a broadcast address as source";
        }
        tag = route.Realm << 16;
        if (route.Device?.Index == device.Index || (route.Type == RouteType.Local && device.Kind == NetDeviceKind.Loopback))
        {
            return null;
        }
        return hasAddress ? flags.RpFilter == 1 ? NoWayBack : null
            : flags.RpFilter != 0 ? NoWayBack
            : null;
    }

    private static bool HasAddressV4(NetDevice device)
    {
        foreach (InterfaceAddress address in device.Addresses)
        {
            if (address.Address.Family == IpFamily.IPv4)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>What becomes of an IPv6 packet that came in by an interface, after PREROUTING.</summary>
    public InputRoute RouteInputV6(in RouteKey key, NetDevice device)
    {
        if (key.Destination.Bits >> 120 == 0xff)
        {
            return IsJoinedV6(key.Destination, device)
                ? new InputRoute(InputKind.LocalGroup, LocalMulticast)
                : new InputRoute(InputKind.Drop, LocalMulticast, "a group that nobody here has joined");
        }
        RouteResult route = LookupV6(key with { OutIndex = device.Index, IsStrict = NeedsStrictV6(key.Destination) });
        return route.Type switch
        {
            RouteType.Local or RouteType.Anycast => new InputRoute(InputKind.Local, route),
            RouteType.Unicast => new InputRoute(InputKind.Forward, route),
            RouteType.Blackhole => new InputRoute(InputKind.Drop, route, "blackhole route"),
            _ => new InputRoute(InputKind.Error, route),
        };
    }

    /// <summary>Whether the kernel itself has joined a group: all nodes, all routers while forwarding, solicited nodes.</summary>
    public bool IsJoinedV6(NetAddress group, NetDevice device)
    {
        UInt128 bits = group.Bits;
        UInt128 prefix = (UInt128)0xff << 120;
        if (bits == (prefix | ((UInt128)1 << 112) | 1) || bits == (prefix | ((UInt128)2 << 112) | 1))
        {
            return true;
        }
        if ((bits & ~((UInt128)0xf << 112)) == (prefix | 2))
        {
            return ((int)(bits >> 112) & 0xf) switch
            {
                2 => Flags(device).ForwardsIPv6,
                1 or 5 => device.IsInAllRouterGroups,
                _ => false,
            };
        }
        foreach (InterfaceAddress address in device.Addresses)
        {
            UInt128 solicited = prefix | ((UInt128)2 << 112) | ((UInt128)0x1ff << 24);
            if (address.Address.Family == IpFamily.IPv6
                && (bits == (solicited | (address.Address.Bits & 0xffffff))
                    || (Flags(device).ForwardsIPv6 && bits == (solicited | (address.Network.Address.Bits & 0xffffff)))))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary><c>rt6_need_strict</c>: groups, link-local addresses and <c>::1</c> only by the interface itself.</summary>
    internal static bool NeedsStrictV6(NetAddress address) => address.Bits >> 120 == 0xff
        || (uint)(address.Bits >> 118) == 0x3fa || address.Bits == UInt128.One;

    private static InputRoute Martian(string reason) => new(InputKind.Drop, NoRoute, "martian: " + reason);
}
