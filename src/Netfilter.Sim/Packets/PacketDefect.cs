namespace Netfilter.Sim.Packets;

/// <summary>The first thing that is wrong with the bytes of a packet, from the outside in.</summary>
public enum PacketDefect : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Shorter than its IP header.</summary>
    HeaderTruncated,

    /// <summary>Neither version 4 nor 6.</summary>
    Version,

    /// <summary>An IPv4 header length under 20 bytes.</summary>
    HeaderLength,

    /// <summary>The checksum of the IPv4 header.</summary>
    HeaderChecksum,

    /// <summary>There are fewer or more bytes than the header states.</summary>
    Length,

    /// <summary>The chain of IPv6 extension headers breaks off.</summary>
    ExtensionHeaders,

    /// <summary>The transport header is cut off or states an impossible length.</summary>
    TransportHeader,

    /// <summary>The transport checksum.</summary>
    TransportChecksum,
}
