using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Where the parts of a packet lie. What <see cref="PacketParser"/> finds.</summary>
internal struct PacketLayout
{
    /// <summary>The family, from the version field; IPv4 when that makes no sense.</summary>
    public IpFamily Family;

    /// <summary>Protocol of the transport header.</summary>
    public byte Protocol;

    /// <summary>Whether the header chain could be followed to a transport header or its fragment.</summary>
    public bool HasTransport;

    /// <summary>Whether the header says that more fragments follow.</summary>
    public bool MoreFragments;

    /// <summary>Offset of the transport header from the IP header.</summary>
    public int TransportOffset;

    /// <summary>Fragment offset in bytes.</summary>
    public int FragmentOffset;

    /// <summary>Offset of IPv6's fragment header, or 0 when there is none.</summary>
    public int FragmentHeaderOffset;
}
