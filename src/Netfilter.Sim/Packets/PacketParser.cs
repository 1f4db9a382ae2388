using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Finds the transport header behind IPv4 options and IPv6 extension headers.</summary>
internal static class PacketParser
{
    /// <summary>
    /// Sets family, protocol, transport offset and fragment fields from the bytes. IPv6 headers are followed as
    /// <c>net/ipv6/netfilter/../exthdrs_core.c ipv6_find_hdr</c> does with target −1. Never throws: a packet too short for
    /// its headers has <see cref="PacketBuffer.HasTransport"/> false.
    /// </summary>
    public static void ParseNetworkHeader(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        packet.Family = ip.Length > 0 && ip[0] >> 4 == 6 ? IpFamily.IPv6 : IpFamily.IPv4;
        (packet.FragmentOffset, packet.MoreFragments, packet.HasTransport) = (0, false, false);
        (packet.Protocol, packet.TransportOffset) = (0, ip.Length);
        if (packet.Family == IpFamily.IPv4)
        {
            ParseIPv4(packet, ip);
        }
        else
        {
            ParseIPv6(packet, ip);
        }
    }

    private static void ParseIPv4(PacketBuffer packet, ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 20)
        {
            return;
        }
        int fragment = (ip[6] << 8) | ip[7];
        packet.Protocol = ip[9];
        packet.TransportOffset = (ip[0] & 15) * 4;
        packet.FragmentOffset = (fragment & 0x1fff) * 8;
        packet.MoreFragments = (fragment & 0x2000) != 0;
        packet.HasTransport = packet.TransportOffset <= ip.Length;
    }

    private static void ParseIPv6(PacketBuffer packet, ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 40)
        {
            return;
        }
        byte next = ip[6];
        int offset = 40;
        while (IsExtension(next))
        {
            if (next == 59)
            {
                break;
            }
            if (offset + 2 > ip.Length)
            {
                return;
            }
            int length = (ip[offset + 1] + 1) * 8;
            if (next == 44)
            {
                if (offset + 4 > ip.Length)
                {
                    return;
                }
                int fragment = (ip[offset + 2] << 8) | ip[offset + 3];
                packet.MoreFragments = (fragment & 1) != 0;
                packet.FragmentOffset = fragment & 0xfff8;
                length = 8;
                if (packet.FragmentOffset != 0)
                {
                    (packet.Protocol, packet.TransportOffset) = (ip[offset], offset + 8);
                    packet.HasTransport = !IsExtension(packet.Protocol) || packet.Protocol == 59;
                    return;
                }
            }
            else if (next == 51)
            {
                length = (ip[offset + 1] + 2) * 4;
            }
            next = ip[offset];
            offset += length;
        }
        (packet.Protocol, packet.TransportOffset, packet.HasTransport) = (next, offset, true);
    }

    private static bool IsExtension(byte next) => next is 0 or 43 or 44 or 51 or 59 or 60;
}
