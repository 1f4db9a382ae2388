using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>What a route look-up found (<c>struct rtable</c>, <c>struct rt6_info</c>). Immutable and shared between packets.</summary>
internal sealed record RouteResult(RouteType Type)
{
    /// <summary>The interface to leave by; the interface that owns the address for a local route.</summary>
    public NetDevice? Device { get; init; }

    /// <summary>The next hop; null when the destination itself is on the link.</summary>
    public NetAddress? Gateway { get; init; }

    /// <summary>The source address that the route prefers.</summary>
    public NetAddress? PreferredSource { get; init; }

    /// <summary>The realm (<c>dst-&gt;tclassid</c>).</summary>
    public uint Realm { get; init; }

    /// <summary>The largest packet that the way takes, in bytes; 0 when the device's MTU decides.</summary>
    public int Mtu { get; init; }

    /// <summary>The type of service that the route is for; 0 for any.</summary>
    public byte Tos { get; init; }

    /// <summary>Its rank among routes to the same prefix, lowest first.</summary>
    public uint Metric { get; init; }

    /// <summary>How far its destinations are (<see cref="RouteScope"/>).</summary>
    public byte Scope { get; init; }

    /// <summary>How far its next hop is (<c>nhc_scope</c>).</summary>
    public byte NextHopScope { get; init; }

    /// <summary>The table it was found in.</summary>
    public uint Table { get; init; }

    /// <summary>Length of the prefix that fitted.</summary>
    public int PrefixLength { get; init; }

    /// <summary>Whether the address is anybody's who listens (<c>RTF_ANYCAST</c>).</summary>
    public bool IsAnycast => Type == RouteType.Anycast;

    /// <summary>The address to ask the neighbour table for (<c>rt_nexthop</c>).</summary>
    public NetAddress NextHop(NetAddress destination) => Gateway ?? destination;

    /// <summary>The largest packet, in bytes (<c>dst_mtu</c>).</summary>
    public int EffectiveMtu => Mtu != 0 ? Mtu : Device?.Mtu ?? 65535;
}
