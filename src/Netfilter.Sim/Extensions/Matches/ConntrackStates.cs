namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// States that <c>--ctstate</c> and <c>--state</c> ask for, with the kernel's bits
/// (<c>include/uapi/linux/netfilter/xt_conntrack.h XT_CONNTRACK_STATE_*</c>).
/// </summary>
[Flags]
public enum ConntrackStates : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Part of no connection.</summary>
    Invalid = 1,

    /// <summary>Part of a connection that has been seen both ways.</summary>
    Established = 1 << 1,

    /// <summary>Begins a connection that another announced, or is an error about one.</summary>
    Related = 1 << 2,

    /// <summary>Begins a connection.</summary>
    New = 1 << 3,

    /// <summary>The connection's source is translated.</summary>
    SourceNat = 1 << 6,

    /// <summary>The connection's destination is translated.</summary>
    DestinationNat = 1 << 7,

    /// <summary>Not tracked.</summary>
    Untracked = 1 << 8,
}
