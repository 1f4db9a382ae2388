using System.Runtime.InteropServices;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// A connection in 128 bytes (<c>struct nf_conn</c>). IPv4 addresses lie in it; of IPv6 addresses only a fold does, the
/// whole ones in <see cref="ConnectionTable"/>. Ask the table or the tracker for tuples.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct ConnectionRecord
{
    /// <summary>Source (lower half) and destination of the original direction.</summary>
    [FieldOffset(0)]
    public ulong OriginalAddresses;

    [FieldOffset(8)]
    public ulong ReplyAddresses;

    /// <summary>Source port (lower half) and destination port of the original direction.</summary>
    [FieldOffset(16)]
    public uint OriginalPorts;

    [FieldOffset(20)]
    public uint ReplyPorts;

    [FieldOffset(24)]
    public byte Protocol;

    [FieldOffset(25)]
    public bool IsIPv6;

    [FieldOffset(26)]
    public ushort ZoneId;

    [FieldOffset(28)]
    public ConnectionStatus Status;

    /// <summary>The connection mark (<c>ct-&gt;mark</c>).</summary>
    [FieldOffset(32)]
    public uint Mark;

    /// <summary>Jiffy at which it ends; before it is confirmed, the number of jiffies from then on.</summary>
    [FieldOffset(36)]
    public uint Timeout;

    /// <summary>Next in the hash chain of the original tuple; of a free record the next free one.</summary>
    [FieldOffset(40)]
    public int NextOriginal;

    [FieldOffset(44)]
    public int NextReply;

    /// <summary>Next in the chain of those with the same source, the newest first (<c>nat_bysource</c>).</summary>
    [FieldOffset(48)]
    public int NextBySource;

    /// <summary>Number of its <see cref="ConnectionExtension"/>; −1 when it has none.</summary>
    [FieldOffset(52)]
    public int Extension;

    /// <summary>Number of its IPv6 addresses; −1 for IPv4.</summary>
    [FieldOffset(56)]
    public int AddressSlot;

    /// <summary>State of the TCP or SCTP machine.</summary>
    [FieldOffset(60)]
    public byte State;

    [FieldOffset(61)]
    public ConntrackZoneDirections ZoneDirections;

    /// <summary>What has changed since listeners were told last (<c>struct nf_conntrack_ecache</c>).</summary>
    [FieldOffset(62)]
    public ConntrackEvents PendingEvents;

    [FieldOffset(64)]
    public TcpTracking Tcp;

    [FieldOffset(64)]
    public SctpTracking Sctp;

    /// <summary>UDP: the jiffy after which two-way traffic is a stream (<c>proto.udp.stream_ts</c>).</summary>
    [FieldOffset(64)]
    public uint UdpStreamAfter;

    [FieldOffset(64)]
    public GreTracking Gre;

    /// <summary>Index of the device whose address MASQUERADE took; 0 for none (<c>nat-&gt;masq_index</c>).</summary>
    [FieldOffset(124)]
    public int MasqueradeDevice;

    public readonly bool IsConfirmed => (Status & ConnectionStatus.Confirmed) != 0;

    public readonly bool Has(ConnectionStatus bits) => (Status & bits) != 0;

    public ConntrackZone Zone
    {
        readonly get => new(ZoneId, ZoneDirections);
        set => (ZoneId, ZoneDirections) = (value.Id, value.Directions);
    }
}

/// <summary>The TCP machine's memory (<c>struct ip_ct_tcp</c>, without its state).</summary>
internal struct TcpTracking
{
    public TcpEndpoint Original;
    public TcpEndpoint Reply;
    public uint LastSequence;
    public uint LastAck;
    public uint LastEnd;
    public ushort LastWindow;
    public byte Retransmissions;
    public TcpFlagSet LastIndex;
    public ConnectionDirection LastDirection;
    public byte LastScale;
    public TcpEndpointFlags LastFlags;
}

/// <summary>The SCTP machine's memory (<c>struct ip_ct_sctp</c>, without its state); tags as they lie in the packet.</summary>
internal struct SctpTracking
{
    public uint OriginalTag;
    public uint ReplyTag;
    public ConnectionDirection LastDirection;
    public bool HeartbeatTagFailed;
}

/// <summary>GRE's own timeouts in jiffies, which the pptp helper changes (<c>struct nf_ct_gre</c>).</summary>
internal struct GreTracking
{
    public uint StreamTimeout;
    public uint Timeout;
}
