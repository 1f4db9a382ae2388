namespace Netfilter.Sim.Conntrack;

/// <summary>What conntrack believes of one end of a TCP connection (<c>struct ip_ct_tcp_state</c>).</summary>
internal struct TcpEndpoint
{
    /// <summary>Highest sequence number sent, plus one (<c>td_end</c>).</summary>
    public uint End;

    /// <summary>Highest sequence number that the other end allows, plus one (<c>td_maxend</c>).</summary>
    public uint MaxEnd;

    /// <summary>Largest window it offered; 0 while nothing is known (<c>td_maxwin</c>).</summary>
    public uint MaxWindow;

    /// <summary>Highest acknowledgement it sent (<c>td_maxack</c>).</summary>
    public uint MaxAck;

    /// <summary>Window scale it announced (<c>td_scale</c>).</summary>
    public byte Scale;

    /// <summary>What else it said.</summary>
    public TcpEndpointFlags Flags;
}

/// <summary>Flags of one end (<c>IP_CT_TCP_FLAG_*</c>).</summary>
[Flags]
internal enum TcpEndpointFlags : byte
{
    None = 0,
    WindowScale = 0x01,
    SackPermitted = 0x02,
    CloseInit = 0x04,
    BeLiberal = 0x08,
    DataUnacknowledged = 0x10,
    MaxAckSet = 0x20,
    ChallengeAckExpected = 0x40,
    SimultaneousOpen = 0x80,
}
