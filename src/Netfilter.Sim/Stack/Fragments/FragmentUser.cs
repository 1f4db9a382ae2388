namespace Netfilter.Sim.Stack.Fragments;

/// <summary>Who collects fragments; each has queues of its own (<c>enum ip_defrag_users</c>, <c>enum ip6_defrag_users</c>).</summary>
internal enum FragmentUser : byte
{
    /// <summary>The local host, for packets to itself.</summary>
    LocalDeliver,

    /// <summary>Conntrack, for packets that came in.</summary>
    ConntrackIn,

    /// <summary>Conntrack, for packets that the host sends.</summary>
    ConntrackOut,

    /// <summary>Conntrack, for frames that came in by a bridge.</summary>
    ConntrackBridgeIn,
}
