using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// Writes the RST that answers a TCP segment (<c>net/ipv4/netfilter/nf_reject_ipv4.c</c>,
/// <c>net/ipv6/netfilter/nf_reject_ipv6.c</c>, <c>tcp_v4_send_reset</c>).
/// </summary>
internal static class TcpReset
{
    /// <summary>
    /// Whether a segment is answered: it is TCP with a whole header, no later fragment, no RST, and its checksum is right
    /// (<c>nf_reject_ip_tcphdr_get</c>, <c>nf_reject_ip6_tcphdr_get</c>).
    /// </summary>
    /// <param name="packet">The segment.</param>
    /// <param name="isSummed">Whether the checksum is known to be right.</param>
    public static bool MayAnswer(PacketBuffer packet, bool isSummed = false)
    {
        int offset = TransportOffset(packet);
        ReadOnlySpan<byte> ip = packet.Span;
        return offset >= 0 && offset + 20 <= ip.Length && (ip[offset + 13] & (byte)TcpFlags.Rst) == 0
            && (isSummed || packet.HasPartialChecksum || Checksum.OfTransport(ip, packet.Family, offset, IpProtocols.Tcp) == 0);
    }

    /// <summary>
    /// Writes the answer, from the segment's destination to its source. A segment with ACK gets its acknowledgement number as
    /// sequence number; another one gets everything acknowledged.
    /// </summary>
    /// <param name="into">The buffer to write; its metadata is reset.</param>
    /// <param name="about">A segment that <see cref="MayAnswer"/> allows.</param>
    /// <param name="tos">Type of service or traffic class: 0 from REJECT, the segment's own from a closed port.</param>
    /// <param name="ttl">TTL or hop limit.</param>
    /// <param name="identification">The IPv4 identification: 0 from REJECT.</param>
    /// <param name="options">IPv4 options of the answer; none from REJECT.</param>
    public static void Write(
        PacketBuffer into, PacketBuffer about, byte tos = 0, byte ttl = 64, ushort identification = 0, ReadOnlySpan<byte> options = default)
    {
        ReadOnlySpan<byte> segment = about.Span[TransportOffset(about)..];
        bool isIPv4 = about.Family == IpFamily.IPv4;
        int network = isIPv4 ? 20 + options.Length : 40;
        Span<byte> ip = into.Begin(network + 20);
        if (isIPv4)
        {
            IcmpError.WriteHeaderV4(
                ip, about.DestinationV4, about.SourceV4, IpProtocols.Tcp, tos, ttl, identification, true, options);
        }
        else
        {
            IcmpError.WriteHeaderV6(ip, about.Destination.Bits, about.Source.Bits, IpProtocols.Tcp, tos, ttl);
        }
        WriteSegment(ip[network..], segment);
        ushort checksum = Checksum.OfTransport(ip, about.Family, network, IpProtocols.Tcp);
        BinaryPrimitives.WriteUInt16BigEndian(ip[(network + 16)..], checksum);
        PacketParser.ParseNetworkHeader(into);
    }

    private static void WriteSegment(Span<byte> reset, ReadOnlySpan<byte> segment)
    {
        segment.Slice(2, 2).CopyTo(reset);
        segment[..2].CopyTo(reset[2..]);
        TcpFlags flags = (TcpFlags)segment[13];
        bool hasAck = (flags & TcpFlags.Ack) != 0;
        uint sequence = 0, acknowledgement = 0;
        if (hasAck)
        {
            sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        }
        else
        {
            int data = segment.Length - (segment[12] >> 4 << 2);
            uint controls = (uint)(((flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((flags & TcpFlags.Fin) != 0 ? 1 : 0));
            acknowledgement = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + controls + (uint)data;
        }
        BinaryPrimitives.WriteUInt32BigEndian(reset[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(reset[8..], acknowledgement);
        (reset[12], reset[13]) = (5 << 4, (byte)(hasAck ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack));
        reset.Slice(14, 6).Clear();
    }

    private static int TransportOffset(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (packet.Family == IpFamily.IPv4)
        {
            return packet.FragmentOffset == 0 && packet.Protocol == IpProtocols.Tcp ? packet.TransportOffset : -1;
        }
        if (ip.Length < 40)
        {
            return -1;
        }
        byte next = ip[6];
        int offset = PacketParser.SkipExtensionHeaders(ip, 40, ref next, out ushort fragment);
        return next == IpProtocols.Tcp && (fragment & 0xfff8) == 0 ? offset : -1;
    }
}
