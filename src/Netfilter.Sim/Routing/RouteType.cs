namespace Netfilter.Sim.Routing;

/// <summary>What a route does with packets (<c>RTN_*</c>, <c>ip route</c>'s types).</summary>
public enum RouteType : byte
{
    /// <summary>No such (<c>RTN_UNSPEC</c>).</summary>
    Unspecified = 0,

    /// <summary>Sent on (<c>RTN_UNICAST</c>).</summary>
    Unicast = 1,

    /// <summary>Delivered to the host (<c>RTN_LOCAL</c>).</summary>
    Local = 2,

    /// <summary>Broadcast (<c>RTN_BROADCAST</c>).</summary>
    Broadcast = 3,

    /// <summary>Anycast (<c>RTN_ANYCAST</c>).</summary>
    Anycast = 4,

    /// <summary>Multicast (<c>RTN_MULTICAST</c>).</summary>
    Multicast = 5,

    /// <summary>Thrown away in silence (<c>RTN_BLACKHOLE</c>).</summary>
    Blackhole = 6,

    /// <summary>Answered with host unreachable (<c>RTN_UNREACHABLE</c>).</summary>
    Unreachable = 7,

    /// <summary>Answered with administratively prohibited (<c>RTN_PROHIBIT</c>).</summary>
    Prohibit = 8,

    /// <summary>Look-up goes on in the next table (<c>RTN_THROW</c>).</summary>
    Throw = 9,
}
