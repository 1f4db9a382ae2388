namespace Netfilter.Sim.Conntrack;

/// <summary>The timeouts of all protocols in jiffies, indexed by the protocol's state.</summary>
internal sealed class ConntrackTimeouts(Func<string, uint> jiffiesOf)
{
    /// <summary>Index in <see cref="Tcp"/> of the timeout after too many retransmissions (<c>TCP_CONNTRACK_RETRANS</c>).</summary>
    public const int TcpRetransmitted = 10;

    /// <summary>Index in <see cref="Tcp"/> of the timeout while data is not acknowledged (<c>TCP_CONNTRACK_UNACK</c>).</summary>
    public const int TcpUnacknowledged = 11;

    /// <summary>Index of the timeout before an answer, for UDP and GRE.</summary>
    public const int Unreplied = 0;

    /// <summary>Index of the timeout after an answer, for UDP and GRE.</summary>
    public const int Replied = 1;

    /// <summary>By <see cref="TcpState"/>, then the two above.</summary>
    public uint[] Tcp { get; } =
    [
        jiffiesOf("tcp_timeout_syn_sent"), jiffiesOf("tcp_timeout_syn_sent"), jiffiesOf("tcp_timeout_syn_recv"),
        jiffiesOf("tcp_timeout_established"), jiffiesOf("tcp_timeout_fin_wait"), jiffiesOf("tcp_timeout_close_wait"),
        jiffiesOf("tcp_timeout_last_ack"), jiffiesOf("tcp_timeout_time_wait"), jiffiesOf("tcp_timeout_close"),
        jiffiesOf("tcp_timeout_syn_sent"), jiffiesOf("tcp_timeout_max_retrans"), jiffiesOf("tcp_timeout_unacknowledged"),
    ];

    /// <summary>By <see cref="SctpState"/>.</summary>
    public uint[] Sctp { get; } =
    [
        jiffiesOf("sctp_timeout_closed"), jiffiesOf("sctp_timeout_closed"), jiffiesOf("sctp_timeout_cookie_wait"),
        jiffiesOf("sctp_timeout_cookie_echoed"), jiffiesOf("sctp_timeout_established"),
        jiffiesOf("sctp_timeout_shutdown_sent"), jiffiesOf("sctp_timeout_shutdown_recd"),
        jiffiesOf("sctp_timeout_shutdown_ack_sent"), jiffiesOf("sctp_timeout_heartbeat_sent"),
    ];

    public uint[] Udp { get; } = [jiffiesOf("udp_timeout"), jiffiesOf("udp_timeout_stream")];

    public uint[] Gre { get; } = [jiffiesOf("gre_timeout"), jiffiesOf("gre_timeout_stream")];

    public uint[] Icmp { get; } = [jiffiesOf("icmp_timeout")];

    public uint[] IcmpV6 { get; } = [jiffiesOf("icmpv6_timeout")];

    public uint[] Generic { get; } = [jiffiesOf("generic_timeout")];
}
