namespace Netfilter.Sim.Conntrack;

/// <summary>The states of conntrack's SCTP machine (<c>enum sctp_conntrack</c>).</summary>
public enum SctpState : byte
{
    /// <summary>Before the first packet.</summary>
    None = 0,

    /// <summary>Closed, or INIT seen.</summary>
    Closed = 1,

    /// <summary>INIT ACK seen.</summary>
    CookieWait = 2,

    /// <summary>COOKIE ECHO seen.</summary>
    CookieEchoed = 3,

    /// <summary>COOKIE ACK seen.</summary>
    Established = 4,

    /// <summary>SHUTDOWN seen in original direction.</summary>
    ShutdownSent = 5,

    /// <summary>SHUTDOWN seen in reply direction.</summary>
    ShutdownReceived = 6,

    /// <summary>SHUTDOWN ACK seen.</summary>
    ShutdownAckSent = 7,

    /// <summary>HEARTBEAT of an unknown association seen.</summary>
    HeartbeatSent = 8,
}
