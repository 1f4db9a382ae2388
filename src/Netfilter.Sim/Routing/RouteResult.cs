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
}
