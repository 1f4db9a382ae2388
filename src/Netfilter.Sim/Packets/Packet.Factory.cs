using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

// Packets in one line.
public sealed partial class Packet
{
    /// <summary>Makes a TCP segment without options; sequence numbers as <see cref="PacketBuilder.Sequence"/> says.</summary>
    /// <param name="source">Address and port: <c>10.0.0.1:40000</c>, <c>[2001:db8::1]:40000</c>.</param>
    /// <param name="destination">Address and port, of the same family.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="payload">The data.</param>
    /// <exception cref="FormatException">Not an address with a port.</exception>
    public static Packet Tcp(
        NetEndpoint source, NetEndpoint destination, TcpFlags flags, ReadOnlySpan<byte> payload = default) =>
        (Between(source, destination, IpProtocols.Tcp, payload) with { TcpFlags = flags }).Build();

    /// <summary>Makes a UDP datagram.</summary>
    /// <inheritdoc cref="Tcp"/>
    public static Packet Udp(NetEndpoint source, NetEndpoint destination, ReadOnlySpan<byte> payload = default) =>
        Between(source, destination, IpProtocols.Udp, payload).Build();

    /// <summary>Makes a UDP-Lite datagram whose checksum covers everything.</summary>
    /// <inheritdoc cref="Tcp"/>
    public static Packet UdpLite(NetEndpoint source, NetEndpoint destination, ReadOnlySpan<byte> payload = default) =>
        Between(source, destination, IpProtocols.UdpLite, payload).Build();

    /// <summary>Makes an SCTP packet.</summary>
    /// <param name="source">Address and port.</param>
    /// <param name="destination">Address and port, of the same family.</param>
    /// <param name="verificationTag">The tag of the common header.</param>
    /// <param name="chunks">The chunks.</param>
    /// <exception cref="FormatException">Not an address with a port.</exception>
    public static Packet Sctp(
        NetEndpoint source, NetEndpoint destination, uint verificationTag, ReadOnlySpan<byte> chunks) =>
        (Between(source, destination, IpProtocols.Sctp, chunks) with { Tag = verificationTag }).Build();

    /// <summary>Makes an ICMP or, between IPv6 addresses, ICMPv6 echo request.</summary>
    /// <param name="source">Address.</param>
    /// <param name="destination">Address, of the same family.</param>
    /// <param name="identifier">The identifier.</param>
    /// <param name="sequence">The sequence number.</param>
    /// <param name="payload">The data.</param>
    public static Packet IcmpEcho(
        NetAddress source,
        NetAddress destination,
        ushort identifier = 1,
        ushort sequence = 1,
        ReadOnlySpan<byte> payload = default) =>
        Icmp(source, destination, source.Family == IpFamily.IPv4 ? (byte)8 : (byte)128, 0,
            ((uint)identifier << 16) | sequence, payload);

    /// <summary>Makes the reply to an ICMP or ICMPv6 echo request.</summary>
    /// <inheritdoc cref="IcmpEcho"/>
    public static Packet IcmpEchoReply(
        NetAddress source,
        NetAddress destination,
        ushort identifier = 1,
        ushort sequence = 1,
        ReadOnlySpan<byte> payload = default) =>
        Icmp(source, destination, source.Family == IpFamily.IPv4 ? (byte)0 : (byte)129, 0,
            ((uint)identifier << 16) | sequence, payload);

    /// <summary>Makes any ICMP or, between IPv6 addresses, ICMPv6 message.</summary>
    /// <param name="source">Address.</param>
    /// <param name="destination">Address, of the same family.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">The code.</param>
    /// <param name="rest">Bytes 4 to 7 of the header.</param>
    /// <param name="payload">What follows; for an error the packet it is about, without its end.</param>
    public static Packet Icmp(
        NetAddress source,
        NetAddress destination,
        byte type,
        byte code = 0,
        uint rest = 0,
        ReadOnlySpan<byte> payload = default) => new PacketBuilder
        {
            Source = source,
            Destination = destination,
            Protocol = source.Family == IpFamily.IPv4 ? IpProtocols.Icmp : IpProtocols.IcmpV6,
            IcmpType = type,
            IcmpCode = code,
            IcmpRest = rest,
            Payload = [.. payload],
        }.Build();

    /// <summary>Makes a packet of any protocol from everything behind the IP header.</summary>
    /// <param name="source">Address.</param>
    /// <param name="destination">Address, of the same family.</param>
    /// <param name="protocol">The protocol's number.</param>
    /// <param name="payload">What follows the IP header.</param>
    public static Packet Raw(NetAddress source, NetAddress destination, byte protocol, ReadOnlySpan<byte> payload) =>
        new PacketBuilder
        {
            Source = source,
            Destination = destination,
            Protocol = protocol,
            HasTransportHeader = false,
            Payload = [.. payload],
        }.Build();

    private static PacketBuilder Between(
        NetEndpoint source, NetEndpoint destination, byte protocol, ReadOnlySpan<byte> payload) => new()
        {
            Source = source.Address,
            SourcePort = source.Port,
            Destination = destination.Address,
            DestinationPort = destination.Port,
            Protocol = protocol,
            Payload = [.. payload],
        };
}
