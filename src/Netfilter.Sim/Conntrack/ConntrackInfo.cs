namespace Netfilter.Sim.Conntrack;

/// <summary>How a packet relates to its connection (<c>enum ip_conntrack_info</c>).</summary>
internal enum ConntrackInfo : byte
{
    /// <summary>Part of a connection that has been seen both ways, original direction.</summary>
    Established = 0,

    /// <summary>Begins a connection that another announced, or an ICMP error about one.</summary>
    Related = 1,

    /// <summary>Begins a connection.</summary>
    New = 2,

    /// <summary>Part of a connection, reply direction.</summary>
    EstablishedReply = 3,

    /// <summary>As <see cref="Related"/>, in the direction of replies.</summary>
    RelatedReply = 4,

    /// <summary>Not to be tracked (NOTRACK, neighbour discovery).</summary>
    Untracked = 7,

    /// <summary>No connection: conntrack has not seen it, is off, or called it invalid.</summary>
    None = 255,
}
