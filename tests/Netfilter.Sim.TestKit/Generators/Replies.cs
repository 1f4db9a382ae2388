using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>What the other end of a connection would send back.</summary>
public static class Replies
{
    /// <summary>
    /// The packet with addresses and ports exchanged and valid checksums; a TCP packet acknowledges what it answers, an echo
    /// request becomes the reply.
    /// </summary>
    public static Packet To(Packet packet)
    {
        byte[] bytes = packet.ToArray();
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        (int source, int length) = isIPv4 ? (12, 4) : (8, 16);
        packet.Bytes.Slice(source, length).CopyTo(bytes.AsSpan(source + length));
        packet.Bytes.Slice(source + length, length).CopyTo(bytes.AsSpan(source));
        Span<byte> transport = bytes.AsSpan(packet.Length - packet.TransportBytes.Length);
        switch (packet.Protocol)
        {
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.Sctp or IpProtocols.UdpLite or IpProtocols.Dccp when transport.Length >= 4:
                packet.TransportBytes[..2].CopyTo(transport[2..]);
                packet.TransportBytes[2..4].CopyTo(transport);
                break;
            case IpProtocols.Icmp when transport.Length > 0 && transport[0] == 8:
                transport[0] = 0;
                break;
            case IpProtocols.IcmpV6 when transport.Length > 0 && transport[0] == 128:
                transport[0] = 129;
                break;
        }
        if (packet.Protocol == IpProtocols.Tcp && transport.Length >= 20)
        {
            uint next = unchecked(packet.TcpSequence + 1);
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], packet.TcpAcknowledgement);
            BinaryPrimitives.WriteUInt32BigEndian(transport[8..], next);
            transport[13] |= (byte)TcpFlags.Ack;
        }
        return Packet.Parse(bytes).WithValidChecksums();
    }
}
