using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim;

/// <summary>Routes, policy rules, neighbours, sysctls, sockets.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The routes of all tables, the kernel's own included.</summary>
    public RouteCollection Routes => new(this);

    /// <summary>The rules of policy routing.</summary>
    public PolicyRuleCollection Rules => new(this);

    /// <summary>The settings that <c>sysctl</c> shows, for example <c>Sysctls["net.ipv4.ip_forward"] = "1"</c>.</summary>
    public SysctlCollection Sysctls => new(this);

    /// <summary>The permanent neighbours.</summary>
    public ImmutableList<Neighbour> Neighbours => Configuration.Neighbours;

    /// <summary>The sockets that listen or are bound.</summary>
    public ImmutableList<LocalSocket> Sockets => Configuration.Sockets;

    /// <summary>What the host does with packets for itself; it answers unless told.</summary>
    public LocalStackMode LocalStack
    {
        get => Configuration.LocalStack;
        set => Configuration = Configuration.With(value);
    }

    /// <summary>Makes a neighbour known, in place of another with that address (<c>ip neigh replace … nud permanent</c>).</summary>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public void SetNeighbour(NetAddress address, string device, ulong macAddress) =>
        Configuration = Configuration.WithNeighbour(new Neighbour(address, Interface(device).Name, macAddress));

    /// <summary>Forgets a neighbour.</summary>
    public void RemoveNeighbour(NetAddress address, string device) =>
        Configuration = Configuration.WithoutNeighbour(address, device);

    /// <summary>Opens a socket.</summary>
    public void AddSocket(LocalSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Configuration = Configuration.WithSocket(socket);
    }

    /// <summary>Closes a socket.</summary>
    public void RemoveSocket(LocalSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Configuration = Configuration.WithoutSocket(socket);
    }

    /// <summary>
    /// The socket that gets packets to an address and port: one connected to their source before one bound to the address,
    /// that before one bound to any (<c>__inet_lookup_established</c>, <c>__inet_lookup_listener</c>, <c>__udp4_lib_lookup</c>).
    /// </summary>
    internal LocalSocket? FindSocket(byte protocol, NetAddress address, ushort port, NetEndpoint? remote = null)
    {
        LocalSocket? any = null;
        LocalSocket? bound = null;
        foreach (LocalSocket socket in Configuration.Sockets)
        {
            if (socket.Protocol != protocol || socket.Port != port)
            {
                continue;
            }
            bool isBound = socket.Address == address;
            if (socket.Remote is not null)
            {
                if (isBound && socket.Remote == remote)
                {
                    return socket;
                }
                continue;
            }
            bound ??= isBound ? socket : null;
            any ??= socket.Address is not { } other || (other.Bits == 0 && other.Family == address.Family) ? socket : null;
        }
        return bound ?? any;
    }

    /// <summary>The source address that a local program gets which connects to a destination without binding to one.</summary>
    /// <returns>Null when there is no way to the destination.</returns>
    public NetAddress? ChooseSource(NetAddress destination)
    {
        RouteKey key = new() { Destination = destination, Source = new NetAddress(destination.Family, 0), InIndex = Fib.Loopback.Index };
        RouteResult route = destination.Family == IpFamily.IPv4
            ? Fib.RouteOutputV4(key, false, out NetAddress source)
            : Fib.RouteOutputV6(key, out source);
        return Fib.ThrowsAway(route.Type) ? (NetAddress?)null : source;
    }
}
