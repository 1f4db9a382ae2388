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
    /// The socket that gets packets to an address and port: one bound to the address before one bound to any
    /// (<c>__udp4_lib_lookup</c>, <c>__inet_lookup_listener</c>).
    /// </summary>
    internal LocalSocket? FindSocket(byte protocol, NetAddress address, ushort port)
    {
        LocalSocket? any = null;
        foreach (LocalSocket socket in Configuration.Sockets)
        {
            if (socket.Protocol != protocol || socket.Port != port)
            {
                continue;
            }
            if (socket.Address == address)
            {
                return socket;
            }
            any ??= socket.Address is null ? socket : null;
        }
        return any;
    }
}
