namespace Netfilter.Sim.Routing;

/// <summary>What routing decides for a received packet (<c>dst-&gt;input</c>).</summary>
internal enum InputKind : byte
{
    /// <summary>To the host itself (<c>ip_local_deliver</c>, <c>ip6_input</c>).</summary>
    Local,

    /// <summary>To the host as one of many; broadcast and multicast.</summary>
    LocalGroup,

    /// <summary>On to somebody else (<c>ip_forward</c>).</summary>
    Forward,

    /// <summary>Away, and the sender is told what the route's type says (<c>ip_error</c>, <c>ip6_pkt_discard</c>).</summary>
    Error,

    /// <summary>Away without a word: a martian, a failed reverse path check.</summary>
    Drop,
}

/// <summary>A routing decision for a received packet.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Route">The route, where there is one.</param>
/// <param name="Reason">Why it is dropped, in words.</param>
internal readonly record struct InputRoute(InputKind Kind, RouteResult Route, string? Reason = null);
