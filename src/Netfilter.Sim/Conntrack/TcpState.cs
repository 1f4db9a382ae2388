namespace Netfilter.Sim.Conntrack;

/// <summary>The states of conntrack's TCP machine (<c>enum tcp_conntrack</c>).</summary>
public enum TcpState : byte
{
    /// <summary>Before the first packet.</summary>
    None = 0,

    /// <summary>SYN seen.</summary>
    SynSent = 1,

    /// <summary>SYN and ACK seen.</summary>
    SynReceived = 2,

    /// <summary>ACK seen.</summary>
    Established = 3,

    /// <summary>FIN seen.</summary>
    FinWait = 4,

    /// <summary>ACK after FIN seen.</summary>
    CloseWait = 5,

    /// <summary>FIN of both sides seen.</summary>
    LastAck = 6,

    /// <summary>Last ACK seen.</summary>
    TimeWait = 7,

    /// <summary>RST seen.</summary>
    Close = 8,

    /// <summary>SYN of both sides seen: simultaneous open.</summary>
    SynSent2 = 9,
}
