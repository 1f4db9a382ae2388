using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>A network interface. Immutable: a change to it is a new value under the same index.</summary>
/// <param name="Index">Number of the interface, 1 for <c>lo</c> (<c>ifindex</c>).</param>
/// <param name="Name">1 to 15 bytes.</param>
/// <param name="Kind">What sort of link it is.</param>
public sealed record NetDevice(int Index, string Name, NetDeviceKind Kind)
{
    /// <summary>1 to 15 bytes.</summary>
    public string Name
    {
        get;
        init
        {
            field = value;
            NameWords = InterfaceName.Of(value);
        }
    } = Name;

    internal InterfaceName NameWords { get; private init; } = InterfaceName.Of(Name);

    /// <summary>Largest IP packet in bytes; 1500 unless told, 65536 for <c>lo</c>.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Addresses in the order they were added.</summary>
    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>Number of its group (<c>ip link set group</c>).</summary>
    public uint Group { get; init; }

    /// <summary>Whether it is up.</summary>
    public bool IsUp { get; init; } = true;

    /// <summary>The Ethernet address, 48 bits; 0 when the link has none.</summary>
    public ulong MacAddress { get; init; }

    /// <summary>Index of the bridge it is a port of; 0 when of none.</summary>
    public int MasterIndex { get; init; }

    /// <summary>For a bridge's port: whether frames may go back where they came from.</summary>
    public bool Hairpin { get; init; }

    /// <summary>
    /// Whether IPv6 forwarding was switched on after it was made: only then it is in the groups of all routers of the host and
    /// of the site, too (<c>dev_forward_change</c>, <c>ipv6_add_dev</c>).
    /// </summary>
    internal bool IsInAllRouterGroups { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What sort of link an interface is.</summary>
public enum NetDeviceKind : byte
{
    /// <summary><c>lo</c>.</summary>
    Loopback,

    /// <summary>IP packets without link header (TUN, point to point).</summary>
    Tun,

    /// <summary>Ethernet frames (a card, TAP).</summary>
    Ethernet,

    /// <summary>One end of a pair of Ethernet interfaces.</summary>
    Veth,

    /// <summary>An Ethernet bridge over other interfaces.</summary>
    Bridge,
}
