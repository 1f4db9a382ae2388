using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>What changes of interfaces and addresses do to routes (<c>fib_frontend.c</c>, <c>addrconf.c</c>).</summary>
internal sealed partial record NetworkConfiguration
{
    private const byte ProtocolKernel = 2;

    /// <summary>Adds an interface; a device with index 0 gets the next one.</summary>
    public NetworkConfiguration WithDevice(NetDevice device)
    {
        int index = device.Index == 0 ? NextDeviceIndex : device.Index;
        NetworkConfiguration changed = this with
        {
            Devices = Devices.Add(device with { Index = index, Addresses = [] }),
            NextDeviceIndex = Math.Max(NextDeviceIndex, index + 1),
            Sysctls = Sysctls.WithDevice(device.Name),
        };
        if (device.IsUp)
        {
            changed = changed.WithMulticastRoute(device);
        }
        foreach (InterfaceAddress address in device.Addresses)
        {
            changed = changed.WithAddress(device.Name, address);
        }
        return changed;
    }

    public NetworkConfiguration WithoutDevice(string name)
    {
        NetDevice device = FindDevice(name)!;
        NetworkConfiguration changed = this;
        foreach (InterfaceAddress address in device.Addresses)
        {
            changed = changed.WithoutAddress(name, address);
        }
        return changed with
        {
            Devices =
            [
                .. changed.Devices.Where(known => known.Index != device.Index)
                    .Select(known => known.MasterIndex == device.Index ? known with { MasterIndex = 0 } : known),
            ],
            Routes = changed.Routes.RemoveAll(route => route.Device == name),
            Neighbours = changed.Neighbours.RemoveAll(known => known.Device == name),
            Sysctls = changed.Sysctls.WithoutDevice(name),
        };
    }

    /// <summary>
    /// Takes an interface down or up. Down: IPv4 loses its routes by it but keeps its addresses and their local routes,
    /// IPv6 loses its addresses, too, unless told to keep them. Up: what the kernel made for the addresses comes back.
    /// </summary>
    public NetworkConfiguration WithLinkState(string name, bool isUp)
    {
        NetDevice device = FindDevice(name)!;
        if (device.IsUp == isUp)
        {
            return this;
        }
        NetworkConfiguration changed = WithChanged(device with { IsUp = isUp });
        return isUp ? changed.AfterUp(name) : changed.AfterDown(name);
    }

    private NetworkConfiguration AfterUp(string name)
    {
        NetDevice device = FindDevice(name)!;
        NetworkConfiguration changed = WithMulticastRoute(device);
        foreach (InterfaceAddress address in device.Addresses)
        {
            changed = changed with { Routes = changed.Routes.RemoveAll(IsMadeFor(device, address)) };
            changed = changed.WithRoutesOf(device, address);
        }
        return changed;
    }

    private NetworkConfiguration AfterDown(string name)
    {
        NetworkConfiguration changed = this;
        bool keepsIPv6 = Sysctls.MaxWithAll(IpFamily.IPv6, name, DeviceSysctl.KeepAddrOnDown) > 0;
        foreach (InterfaceAddress address in FindDevice(name)!.Addresses)
        {
            if (address.Address.Family == IpFamily.IPv6 && !keepsIPv6)
            {
                changed = changed.WithoutAddress(name, address);
            }
        }
        return changed with
        {
            Routes = changed.Routes.RemoveAll(route => route.Device == name
                && !(route is { Family: IpFamily.IPv4, Type: RouteType.Local, Scope: RouteScope.Host })),
        };
    }

    /// <summary>Adds an address with the routes that the kernel makes for it.</summary>
    public NetworkConfiguration WithAddress(string name, InterfaceAddress address)
    {
        NetDevice device = FindDevice(name)!;
        bool isSecondary = address.Address.Family == IpFamily.IPv4
            && device.Addresses.Any(known => !known.IsSecondary && known.Network == address.Network);
        address = address with { IsSecondary = isSecondary };
        device = device with { Addresses = device.Addresses.Add(address) };
        return WithChanged(device).WithRoutesOf(device, address);
    }

    /// <summary>
    /// Removes an address with its routes. The secondaries of an IPv4 network go with its primary, or the first of them
    /// takes its place when <c>promote_secondaries</c> says so (<c>__inet_del_ifa</c>).
    /// </summary>
    public NetworkConfiguration WithoutAddress(string name, InterfaceAddress address)
    {
        NetDevice device = FindDevice(name)!;
        List<InterfaceAddress> gone = [address];
        List<InterfaceAddress> promoted = [];
        if (address.Address.Family == IpFamily.IPv4 && !address.IsSecondary)
        {
            InterfaceAddress[] secondaries = [.. device.Addresses.Where(known => known.IsSecondary && known.Network == address.Network)];
            gone.AddRange(secondaries);
            if (Sysctls.MaxWithAll(IpFamily.IPv4, name, DeviceSysctl.PromoteSecondaries) != 0)
            {
                promoted.AddRange(secondaries);
            }
        }
        NetworkConfiguration changed = WithChanged(device with { Addresses = device.Addresses.RemoveRange(gone) });
        foreach (InterfaceAddress removed in gone)
        {
            changed = changed.WithoutRoutesOf(device, removed);
        }
        foreach (InterfaceAddress again in promoted)
        {
            changed = changed.WithAddress(name, again);
        }
        return changed;
    }

    private NetworkConfiguration WithRoutesOf(NetDevice device, InterfaceAddress address) => this with
    {
        Routes = address.Address.Family == IpFamily.IPv4
            ? Routes.AddRange(RoutesOfIPv4(device, address))
            : Routes.AddRange(RoutesOfIPv6(device, address)),
    };

    /// <summary>Removes what was made for an address, and IPv4 routes that prefer it as source (<c>fib_sync_down_addr</c>).</summary>
    private NetworkConfiguration WithoutRoutesOf(NetDevice device, InterfaceAddress address)
    {
        bool isElsewhere = Devices.Any(known => known.Addresses.Any(other => other.Address == address.Address));
        ImmutableList<Route> routes = Routes.RemoveAll(IsMadeFor(device, address));
        if (!isElsewhere)
        {
            routes = routes.RemoveAll(route => route.Family == IpFamily.IPv4 && route.PreferredSource == address.Address);
        }
        NetworkConfiguration changed = this with { Routes = routes };
        foreach (InterfaceAddress other in FindDevice(device.Index)!.Addresses)
        {
            if (other.Address.Family == address.Address.Family && other.Network == address.Network)
            {
                changed = changed with { Routes = changed.Routes.RemoveAll(IsMadeFor(device, other)) };
                changed = changed.WithRoutesOf(device, other);
            }
        }
        return changed;
    }

    private static Predicate<Route> IsMadeFor(NetDevice device, InterfaceAddress address)
    {
        Route[] made = [.. address.Address.Family == IpFamily.IPv4
            ? RoutesOfIPv4(device with { IsUp = true }, address)
            : RoutesOfIPv6(device with { IsUp = true }, address)];
        return made.Contains;
    }

    /// <summary><c>net/ipv4/fib_frontend.c fib_add_ifaddr</c>.</summary>
    private static IEnumerable<Route> RoutesOfIPv4(NetDevice device, InterfaceAddress address)
    {
        Route Make(NetAddress destination, int length, RouteType type) => new(new NetPrefix(destination, length))
        {
            Type = type,
            Table = type == RouteType.Unicast ? RouteTables.Main : RouteTables.Local,
            Scope = type == RouteType.Local ? RouteScope.Host : RouteScope.Link,
            Device = device.Name,
            PreferredSource = address.Address,
            Protocol = ProtocolKernel,
        };
        yield return Make(address.Address, 32, RouteType.Local);
        if (!device.IsUp)
        {
            yield break;
        }
        NetPrefix network = address.Network;
        uint highest = network.Address.IPv4Bits | ~network.Mask.IPv4Bits;
        bool hasNetwork = network.Address.IPv4Bits != 0 && !address.IsSecondary
            && (network.Address != address.Address || address.PrefixLength < 32);
        if (address.Broadcast is { } broadcast && broadcast.IPv4Bits != uint.MaxValue
            && !(hasNetwork && address.PrefixLength < 31 && broadcast.IPv4Bits == highest))
        {
            yield return Make(broadcast, 32, RouteType.Broadcast);
        }
        if (!hasNetwork)
        {
            yield break;
        }
        if (!address.HasNoPrefixRoute)
        {
            bool isLoopback = device.Kind == NetDeviceKind.Loopback;
            yield return Make(network.Address, address.PrefixLength, isLoopback ? RouteType.Local : RouteType.Unicast);
        }
        if (address.PrefixLength < 31)
        {
            yield return Make(new NetAddress(highest), 32, RouteType.Broadcast);
        }
    }

    /// <summary><c>net/ipv6/addrconf.c ipv6_ifa_notify</c>, <c>addrconf_prefix_route</c>.</summary>
    private static IEnumerable<Route> RoutesOfIPv6(NetDevice device, InterfaceAddress address)
    {
        if (!device.IsUp)
        {
            yield break;
        }
        yield return new Route(new NetPrefix(address.Address, 128))
        {
            Type = RouteType.Local,
            Table = RouteTables.Local,
            Device = device.Name,
            Protocol = ProtocolKernel,
        };
        if (!address.HasNoPrefixRoute)
        {
            yield return new Route(address.Network) { Device = device.Name, Metric = 256, Protocol = ProtocolKernel };
        }
    }

    private NetworkConfiguration WithMulticastRoute(NetDevice device) => device.Kind == NetDeviceKind.Loopback ? this : this with
    {
        Routes = Routes.Add(new Route(new NetPrefix(new NetAddress((UInt128)0xff << 120), 8))
        {
            Type = RouteType.Multicast,
            Table = RouteTables.Local,
            Device = device.Name,
            Metric = 256,
            Protocol = ProtocolKernel,
        }),
    };
}
