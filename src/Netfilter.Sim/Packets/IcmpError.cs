using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// Writes the ICMP and ICMPv6 messages that a host sends about or in answer to a packet (<c>net/ipv4/icmp.c</c>,
/// <c>net/ipv6/icmp.c</c>). Whom they go to by which way, and whether one may be sent at this moment, is the stack's.
/// </summary>
internal static class IcmpError
{
    private const int HeaderV4 = 20;
    private const int HeaderV6 = 40;
    private const int IcmpHeader = 8;

    /// <summary>
    /// Whether a packet is of a kind that errors may be sent about: no later fragment, no ICMP error, and for IPv6 no message
    /// whose type cannot be seen (<c>__icmp_send</c>, <c>is_ineligible</c>). Addresses are the caller's to check.
    /// </summary>
    public static bool MayBeAbout(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (packet.Family == IpFamily.IPv4)
        {
            if (packet.FragmentOffset != 0)
            {
                return false;
            }
            return packet.Protocol != IpProtocols.Icmp
                || (ip.Length > packet.TransportOffset && !IsErrorV4(ip[packet.TransportOffset]));
        }
        if (ip.Length < HeaderV6)
        {
            return false;
        }
        byte next = ip[6];
        int offset = PacketParser.SkipExtensionHeaders(ip, HeaderV6, ref next, out ushort fragment);
        if (offset < 0 || next != IpProtocols.IcmpV6)
        {
            return true;
        }
        bool isLaterFragment = (fragment & 0xfff8) != 0;
        return offset < ip.Length ? ip[offset] >= 128 : isLaterFragment;
    }

    /// <summary>
    /// Writes an ICMP error: quotes what fits in 576 bytes, keeps the type of service under the precedence of internetwork
    /// control (<c>__icmp_send</c>).
    /// </summary>
    /// <param name="into">The buffer to write; its metadata is reset.</param>
    /// <param name="about">The packet quoted, as it is now.</param>
    /// <param name="source">The host's address.</param>
    /// <param name="destination">Whom it goes to, as a rule the packet's source.</param>
    /// <param name="type">The ICMP type.</param>
    /// <param name="code">The ICMP code.</param>
    /// <param name="info">The second word of the header: the MTU, the pointer in its first byte, the gateway.</param>
    /// <param name="identification">The IPv4 identification.</param>
    /// <param name="mtu">MTU of the way it takes.</param>
    /// <param name="options">IP options of the answer, for a packet that came with some; a multiple of 4 bytes.</param>
    /// <param name="ttl"><c>net.ipv4.ip_default_ttl</c>.</param>
    /// <returns>False when the MTU leaves no room; nothing is written then.</returns>
    public static bool WriteV4(
        PacketBuffer into,
        PacketBuffer about,
        uint source,
        uint destination,
        byte type,
        byte code,
        uint info,
        ushort identification,
        int mtu = 1500,
        ReadOnlySpan<byte> options = default,
        byte ttl = 64)
    {
        int headers = HeaderV4 + options.Length + IcmpHeader;
        int room = Math.Min(mtu, 576) - headers;
        if (room <= HeaderV4)
        {
            return false;
        }
        ReadOnlySpan<byte> quoted = about.Span[..Math.Min(about.Length, room)];
        Span<byte> ip = into.Begin(headers + quoted.Length);
        byte tos = (byte)((about.TypeOfService & 0x1e) | 0xc0);
        WriteHeaderV4(ip, source, destination, IpProtocols.Icmp, tos, ttl, identification, false, options);
        WriteIcmp(ip[(headers - IcmpHeader)..], type, code, info, quoted);
        FinishIcmp(into, headers - IcmpHeader, IpFamily.IPv4);
        return true;
    }

    /// <summary>Writes an ICMPv6 error: quotes what fits in 1280 bytes (<c>icmp6_send</c>).</summary>
    /// <param name="into">The buffer to write; its metadata is reset.</param>
    /// <param name="about">The packet quoted, as it is now.</param>
    /// <param name="source">The host's address.</param>
    /// <param name="destination">Whom it goes to, as a rule the packet's source.</param>
    /// <param name="type">The ICMPv6 type.</param>
    /// <param name="code">The ICMPv6 code.</param>
    /// <param name="info">The second word of the header: the MTU or the pointer.</param>
    /// <param name="hopLimit">Hop limit of the answer.</param>
    public static void WriteV6(
        PacketBuffer into,
        PacketBuffer about,
        UInt128 source,
        UInt128 destination,
        byte type,
        byte code,
        uint info,
        byte hopLimit = 64)
    {
        const int Headers = HeaderV6 + IcmpHeader;
        ReadOnlySpan<byte> quoted = about.Span[..Math.Min(about.Length, 1280 - Headers)];
        Span<byte> ip = into.Begin(Headers + quoted.Length);
        WriteHeaderV6(ip, source, destination, IpProtocols.IcmpV6, 0, hopLimit);
        WriteIcmp(ip[HeaderV6..], type, code, info, quoted);
        FinishIcmp(into, HeaderV6, IpFamily.IPv6);
    }

    /// <summary>
    /// Writes the reply to an echo request: the same identifier, number, data and type of service
    /// (<c>icmp_echo</c>, <c>icmpv6_echo_reply</c>).
    /// </summary>
    /// <param name="into">The buffer to write; its metadata is reset.</param>
    /// <param name="request">The request.</param>
    /// <param name="source">Address of the answer.</param>
    /// <param name="identification">The IPv4 identification.</param>
    /// <param name="options">IPv4 options of the answer.</param>
    /// <param name="ttl">TTL or hop limit.</param>
    public static void WriteEchoReply(
        PacketBuffer into,
        PacketBuffer request,
        NetAddress source,
        ushort identification,
        ReadOnlySpan<byte> options = default,
        byte ttl = 64)
    {
        bool isIPv4 = request.Family == IpFamily.IPv4;
        int network = isIPv4 ? HeaderV4 + options.Length : HeaderV6;
        ReadOnlySpan<byte> message = request.Transport;
        Span<byte> ip = into.Begin(network + message.Length);
        message.CopyTo(ip[network..]);
        ip[network] = isIPv4 ? (byte)0 : (byte)129;
        ip[network + 1] = 0;
        if (isIPv4)
        {
            WriteHeaderV4(ip, source.IPv4Bits, request.SourceV4, IpProtocols.Icmp, request.TypeOfService, ttl,
                identification, false, options);
        }
        else
        {
            WriteHeaderV6(ip, source.Bits, request.Source.Bits, IpProtocols.IcmpV6, request.TypeOfService, ttl);
        }
        FinishIcmp(into, network, request.Family);
    }

    /// <summary>Writes an IPv4 header over the first bytes of a packet.</summary>
    internal static void WriteHeaderV4(
        Span<byte> ip,
        uint source,
        uint destination,
        byte protocol,
        byte tos,
        byte ttl,
        ushort identification,
        bool dontFragment,
        ReadOnlySpan<byte> options)
    {
        int headerLength = HeaderV4 + options.Length;
        (ip[0], ip[1]) = ((byte)(0x40 | (headerLength / 4)), tos);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], identification);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], dontFragment ? (ushort)0x4000 : (ushort)0);
        (ip[8], ip[9]) = (ttl, protocol);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], destination);
        options.CopyTo(ip[HeaderV4..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum.Of(ip[..headerLength]));
    }

    /// <summary>Writes an IPv6 header over the first bytes of a packet.</summary>
    internal static void WriteHeaderV6(
        Span<byte> ip, UInt128 source, UInt128 destination, byte protocol, byte trafficClass, byte hopLimit)
    {
        BinaryPrimitives.WriteUInt32BigEndian(ip, 0x60000000 | ((uint)trafficClass << 20));
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - HeaderV6));
        (ip[6], ip[7]) = (protocol, hopLimit);
        BinaryPrimitives.WriteUInt128BigEndian(ip[8..], source);
        BinaryPrimitives.WriteUInt128BigEndian(ip[24..], destination);
    }

    /// <summary>Whether an ICMP type counts as an error (<c>icmp_pointers</c>): all but echo, timestamp, information and mask.</summary>
    private static bool IsErrorV4(byte type) => type is not (0 or 8 or (>= 13 and <= 18));

    private static void WriteIcmp(Span<byte> icmp, byte type, byte code, uint info, ReadOnlySpan<byte> quoted)
    {
        (icmp[0], icmp[1]) = (type, code);
        BinaryPrimitives.WriteUInt32BigEndian(icmp[4..], info);
        quoted.CopyTo(icmp[IcmpHeader..]);
    }

    private static void FinishIcmp(PacketBuffer packet, int offset, IpFamily family)
    {
        Span<byte> ip = packet.Writable;
        BinaryPrimitives.WriteUInt16BigEndian(ip[(offset + 2)..], 0);
        ushort checksum = Checksum.OfTransport(
            ip, family, offset, family == IpFamily.IPv4 ? IpProtocols.Icmp : IpProtocols.IcmpV6);
        BinaryPrimitives.WriteUInt16BigEndian(ip[(offset + 2)..], checksum);
        PacketParser.ParseNetworkHeader(packet);
    }
}
