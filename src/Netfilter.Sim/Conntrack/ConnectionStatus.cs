namespace Netfilter.Sim.Conntrack;

/// <summary>What is known of a connection (<c>enum ip_conntrack_status</c>, the kernel's <c>IPS_*</c> bits).</summary>
[Flags]
public enum ConnectionStatus
{
    /// <summary>Nothing yet.</summary>
    None = 0,

    /// <summary>Another connection announced it.</summary>
    Expected = 1 << 0,

    /// <summary>Packets went both ways.</summary>
    SeenReply = 1 << 1,

    /// <summary>A full table does not give it up early.</summary>
    Assured = 1 << 2,

    /// <summary>Its first packet has left the host or was delivered: it is in the table.</summary>
    Confirmed = 1 << 3,

    /// <summary>Its source is translated.</summary>
    SourceNat = 1 << 4,

    /// <summary>Its destination is translated.</summary>
    DestinationNat = 1 << 5,

    /// <summary>Sequence numbers are shifted.</summary>
    SequenceAdjust = 1 << 6,

    /// <summary>The source has been decided, translated or not.</summary>
    SourceNatDone = 1 << 7,

    /// <summary>The destination has been decided, translated or not.</summary>
    DestinationNatDone = 1 << 8,

    /// <summary>It has been taken out of the table.</summary>
    Dying = 1 << 9,

    /// <summary>Packets do not prolong it.</summary>
    FixedTimeout = 1 << 10,

    /// <summary>Not a connection but what the CT target asks for.</summary>
    Template = 1 << 11,

    /// <summary>Lost a race for its tuple; found by replies only.</summary>
    NatClash = 1 << 12,

    /// <summary>A rule or command gave it its helper.</summary>
    Helper = 1 << 13,

    /// <summary>Both bits that say that an address is translated.</summary>
    NatMask = SourceNat | DestinationNat,

    /// <summary>Both bits that say that a decision was made.</summary>
    NatDoneMask = SourceNatDone | DestinationNatDone,
}
