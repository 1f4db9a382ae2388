namespace Netfilter.Sim.Conntrack;

/// <summary>What can change of a connection and be told to listeners (<c>enum ip_conntrack_events</c>).</summary>
[Flags]
public enum ConntrackEvents : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A connection has begun.</summary>
    New = 1 << 0,

    /// <summary>An expected connection has begun.</summary>
    Related = 1 << 1,

    /// <summary>It has ended.</summary>
    Destroy = 1 << 2,

    /// <summary>The first answer was seen.</summary>
    Reply = 1 << 3,

    /// <summary>It became assured.</summary>
    Assured = 1 << 4,

    /// <summary>The protocol's state changed.</summary>
    ProtocolInfo = 1 << 5,

    /// <summary>It got a helper.</summary>
    Helper = 1 << 6,

    /// <summary>Its mark changed.</summary>
    Mark = 1 << 7,

    /// <summary>Its sequence numbers are shifted by another amount.</summary>
    SequenceAdjust = 1 << 8,

    /// <summary>Its security mark changed.</summary>
    SecurityMark = 1 << 9,

    /// <summary>Its labels changed.</summary>
    Label = 1 << 10,

    /// <summary>SYNPROXY's numbers changed.</summary>
    SynProxy = 1 << 11,

    /// <summary>All of them.</summary>
    All = 0x0fff,
}
