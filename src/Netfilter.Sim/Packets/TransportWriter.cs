using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Writes the transport header that a <see cref="PacketBuilder"/> describes.</summary>
internal static class TransportWriter
{
    /// <summary>Length of the header in bytes.</summary>
    public static int HeaderLength(PacketBuilder packet) => packet.Protocol switch
    {
        IpProtocols.Tcp => 20 + packet.TcpOptions.AsSpan().Length,
        IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Esp => 8,
        IpProtocols.Icmp when packet.Destination.Family == IpFamily.IPv4 => 8,
        IpProtocols.IcmpV6 when packet.Destination.Family == IpFamily.IPv6 => 8,
        IpProtocols.Sctp => 12,
        _ => 0,
    };

    /// <summary>Writes header and checksum; payload and IP header are there already.</summary>
    public static void Write(PacketBuilder packet, Span<byte> ip, int offset)
    {
        Span<byte> header = ip[offset..];
        if (TransportHeader.HasPorts(packet.Protocol))
        {
            BinaryPrimitives.WriteUInt16BigEndian(header, packet.SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], packet.DestinationPort);
        }
        switch (packet.Protocol)
        {
            case IpProtocols.Tcp:
                WriteTcp(packet, header);
                break;
            case IpProtocols.Udp:
                BinaryPrimitives.WriteUInt16BigEndian(header[4..], packet.UdpLength ?? (ushort)header.Length);
                break;
            case IpProtocols.UdpLite:
                BinaryPrimitives.WriteUInt16BigEndian(header[4..], packet.Coverage);
                break;
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                (header[0], header[1]) = (packet.IcmpType, packet.IcmpCode);
                BinaryPrimitives.WriteUInt32BigEndian(header[4..], packet.IcmpRest);
                break;
            case IpProtocols.Esp:
                BinaryPrimitives.WriteUInt32BigEndian(header, packet.Tag);
                BinaryPrimitives.WriteUInt32BigEndian(header[4..], packet.Sequence ?? 1);
                return;
            case IpProtocols.Sctp:
                BinaryPrimitives.WriteUInt32BigEndian(header[4..], packet.Tag);
                BinaryPrimitives.WriteUInt32LittleEndian(header[8..], packet.TransportChecksum ?? Checksum.Sctp(header));
                return;
            default:
                return;
        }
        WriteChecksum(packet, ip, offset);
    }

    private static void WriteTcp(PacketBuilder packet, Span<byte> tcp)
    {
        bool syn = (packet.TcpFlags & TcpFlags.Syn) != 0, ack = (packet.TcpFlags & TcpFlags.Ack) != 0;
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], packet.Sequence ?? (syn ? 0u : 1u));
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], packet.Acknowledgement ?? (ack ? 1u : 0u));
        int words = 5 + (packet.TcpOptions.AsSpan().Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[12..], (ushort)((words << 12) | ((int)packet.TcpFlags & 0x1ff)));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], packet.Window);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[18..], packet.UrgentPointer);
        packet.TcpOptions.AsSpan().CopyTo(tcp[20..]);
    }

    private static void WriteChecksum(PacketBuilder packet, Span<byte> ip, int offset)
    {
        ushort value;
        if (packet.TransportChecksum is { } given)
        {
            value = (ushort)given;
        }
        else
        {
            value = Checksum.OfTransport(ip, packet.Destination.Family, offset, packet.Protocol);
            if (value == 0 && packet.Protocol is IpProtocols.Udp or IpProtocols.UdpLite)
            {
                value = 0xffff;
            }
        }
        BinaryPrimitives.WriteUInt16BigEndian(ip[(offset + Checksum.FieldOffset(packet.Protocol))..], value);
    }
}
