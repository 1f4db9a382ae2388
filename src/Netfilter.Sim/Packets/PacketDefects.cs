using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Looks a packet's bytes over from the outside in.</summary>
internal static class PacketDefects
{
    /// <summary>The first defect of a packet.</summary>
    public static PacketDefect Find(ReadOnlySpan<byte> ip, in PacketLayout layout)
    {
        PacketDefect defect = layout.Family == IpFamily.IPv4 ? HeaderV4(ip) : HeaderV6(ip);
        if (defect != PacketDefect.None || layout.FragmentOffset != 0)
        {
            return defect;
        }
        if (!layout.HasTransport || layout.TransportOffset > ip.Length)
        {
            return PacketDefect.ExtensionHeaders;
        }
        return Transport(ip, layout);
    }

    private static PacketDefect HeaderV4(ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 1)
        {
            return PacketDefect.HeaderTruncated;
        }
        int headerLength = (ip[0] & 15) * 4;
        if (ip[0] >> 4 != 4)
        {
            return PacketDefect.Version;
        }
        if (headerLength < 20)
        {
            return PacketDefect.HeaderLength;
        }
        if (ip.Length < headerLength)
        {
            return PacketDefect.HeaderTruncated;
        }
        if (Checksum.Of(ip[..headerLength]) != 0)
        {
            return PacketDefect.HeaderChecksum;
        }
        return BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) == ip.Length ? PacketDefect.None : PacketDefect.Length;
    }

    private static PacketDefect HeaderV6(ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 40)
        {
            return PacketDefect.HeaderTruncated;
        }
        return BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) == ip.Length - 40 ? PacketDefect.None : PacketDefect.Length;
    }

    private static PacketDefect Transport(ReadOnlySpan<byte> ip, in PacketLayout layout)
    {
        ReadOnlySpan<byte> transport = ip[layout.TransportOffset..];
        bool isWhole = !layout.MoreFragments;
        switch (layout.Protocol)
        {
            case IpProtocols.Tcp:
                if (transport.Length < 20 || (transport[12] >> 4) < 5
                    || TransportHeader.LengthOf(transport, layout.Protocol) > transport.Length)
                {
                    return PacketDefect.TransportHeader;
                }
                break;
            case IpProtocols.Udp:
                if (transport.Length < 8
                    || (isWhole && BinaryPrimitives.ReadUInt16BigEndian(transport[4..]) != transport.Length))
                {
                    return PacketDefect.TransportHeader;
                }
                if (transport[6] == 0 && transport[7] == 0)
                {
                    return layout.Family == IpFamily.IPv4 ? PacketDefect.None : PacketDefect.TransportChecksum;
                }
                break;
            case IpProtocols.UdpLite:
                int coverage = transport.Length < 8 ? 1 : BinaryPrimitives.ReadUInt16BigEndian(transport[4..]);
                if (coverage is > 0 and < 8 || (isWhole && coverage > transport.Length))
                {
                    return PacketDefect.TransportHeader;
                }
                break;
            case IpProtocols.Sctp:
                return transport.Length < 12 ? PacketDefect.TransportHeader
                    : isWhole && BinaryPrimitives.ReadUInt32LittleEndian(transport[8..]) != Checksum.Sctp(transport)
                    ? PacketDefect.TransportChecksum : PacketDefect.None;
            case IpProtocols.Icmp when layout.Family == IpFamily.IPv4:
            case IpProtocols.IcmpV6 when layout.Family == IpFamily.IPv6:
                if (transport.Length < 8)
                {
                    return PacketDefect.TransportHeader;
                }
                break;
            default:
                return PacketDefect.None;
        }
        return isWhole && Checksum.OfTransport(ip, layout.Family, layout.TransportOffset, layout.Protocol) != 0
            ? PacketDefect.TransportChecksum
            : PacketDefect.None;
    }
}
