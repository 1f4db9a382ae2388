namespace Netfilter.Sim.Packets;

/// <summary>What is common to transport headers.</summary>
internal static class TransportHeader
{
    /// <summary>Whether a protocol's header begins with source and destination port.</summary>
    public static bool HasPorts(byte protocol) => protocol is IpProtocols.Tcp or IpProtocols.Udp
        or IpProtocols.UdpLite or IpProtocols.Sctp or IpProtocols.Dccp;

    /// <summary>Length of a protocol's header without options; 0 for protocols that are not known here.</summary>
    public static int FixedLength(byte protocol) => LengthOf(default, protocol);

    /// <summary>Length of the header that transport bytes begin with; 0 for protocols that are not known here.</summary>
    public static int LengthOf(ReadOnlySpan<byte> transport, byte protocol) => protocol switch
    {
        IpProtocols.Tcp => transport.Length > 12 ? Math.Max(20, transport[12] >> 4 << 2) : 20,
        IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Icmp or IpProtocols.IcmpV6 or IpProtocols.Esp => 8,
        IpProtocols.Sctp => 12,
        _ => 0,
    };
}
