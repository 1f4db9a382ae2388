namespace Netfilter.Sim.Packets;

/// <summary>To whom the link layer addressed a packet (<c>skb-&gt;pkt_type</c>).</summary>
public enum PacketType : byte
{
    /// <summary>To this host (<c>PACKET_HOST</c>).</summary>
    Host = 0,

    /// <summary>To everybody (<c>PACKET_BROADCAST</c>).</summary>
    Broadcast = 1,

    /// <summary>To a group (<c>PACKET_MULTICAST</c>).</summary>
    Multicast = 2,

    /// <summary>To somebody else (<c>PACKET_OTHERHOST</c>).</summary>
    OtherHost = 3,

    /// <summary>Looped back by the host itself (<c>PACKET_LOOPBACK</c>).</summary>
    Loopback = 5,
}
