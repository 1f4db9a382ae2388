using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Finds the transport header behind IPv4 options and IPv6 extension headers.</summary>
internal static class PacketParser
{
    /// <summary>
    /// Reads the network headers. IPv6 headers are followed as <c>net/ipv6/exthdrs_core.c ipv6_find_hdr</c> does with
    /// target −1. Never throws: a packet too short for its headers has <see cref="PacketLayout.HasTransport"/> false.
    /// </summary>
    public static PacketLayout Parse(ReadOnlySpan<byte> ip)
    {
        PacketLayout layout = new()
        {
            Family = ip.Length > 0 && ip[0] >> 4 == 6 ? IpFamily.IPv6 : IpFamily.IPv4,
            TransportOffset = ip.Length,
        };
        if (layout.Family == IpFamily.IPv4)
        {
            ParseIPv4(ip, ref layout);
        }
        else
        {
            ParseIPv6(ip, ref layout);
        }
        return layout;
    }

    /// <summary>Reads a buffer's network headers into it.</summary>
    public static void ParseNetworkHeader(PacketBuffer packet)
    {
        PacketLayout layout = Parse(packet.Span);
        packet.Family = layout.Family;
        packet.Protocol = layout.Protocol;
        packet.TransportOffset = layout.TransportOffset;
        packet.FragmentOffset = layout.FragmentOffset;
        packet.MoreFragments = layout.MoreFragments;
        packet.HasTransport = layout.HasTransport;
    }

    /// <summary>
    /// Follows IPv6 extension headers from a place on (<c>ipv6_skip_exthdr</c>), which is how conntrack and ICMP find the
    /// transport header.
    /// </summary>
    /// <param name="ip">The packet.</param>
    /// <param name="start">Where the first header behind the fixed one begins.</param>
    /// <param name="next">In: the number of that header. Out: the transport protocol.</param>
    /// <param name="fragmentField">Offset and flags of a fragment header on the way, as they lie in it; 0 without one.</param>
    /// <returns>Where the transport header begins, or −1 when the chain is cut off or says that nothing follows.</returns>
    public static int SkipExtensionHeaders(ReadOnlySpan<byte> ip, int start, ref byte next, out ushort fragmentField)
    {
        fragmentField = 0;
        while (IsExtension(next))
        {
            if (next == IpProtocols.NoNext || start + 2 > ip.Length)
            {
                return -1;
            }
            int length = (ip[start + 1] + 1) * 8;
            byte following = ip[start];
            if (next == IpProtocols.Fragment)
            {
                if (start + 4 > ip.Length)
                {
                    return -1;
                }
                fragmentField = BinaryPrimitives.ReadUInt16BigEndian(ip[(start + 2)..]);
                if ((fragmentField & 0xfff8) != 0)
                {
                    next = following;
                    return start + 8;
                }
                length = 8;
            }
            else if (next == IpProtocols.Ah)
            {
                length = (ip[start + 1] + 2) * 4;
            }
            next = following;
            start += length;
        }
        return start;
    }

    /// <summary>Whether a number is one of the extension headers that are followed (<c>ipv6_ext_hdr</c>).</summary>
    public static bool IsExtension(byte next) => next is IpProtocols.HopByHop or IpProtocols.Routing
        or IpProtocols.Fragment or IpProtocols.Ah or IpProtocols.NoNext or IpProtocols.DestinationOptions;

    private static void ParseIPv4(ReadOnlySpan<byte> ip, ref PacketLayout layout)
    {
        if (ip.Length < 20)
        {
            return;
        }
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[6..]);
        layout.Protocol = ip[9];
        layout.TransportOffset = (ip[0] & 15) * 4;
        layout.FragmentOffset = (fragment & 0x1fff) * 8;
        layout.MoreFragments = (fragment & 0x2000) != 0;
        layout.HasTransport = layout.TransportOffset <= ip.Length;
    }

    private static void ParseIPv6(ReadOnlySpan<byte> ip, ref PacketLayout layout)
    {
        if (ip.Length < 40)
        {
            return;
        }
        byte next = ip[6];
        int offset = 40;
        while (IsExtension(next) && next != IpProtocols.NoNext)
        {
            if (offset + 2 > ip.Length)
            {
                return;
            }
            int length = (ip[offset + 1] + 1) * 8;
            if (next == IpProtocols.Fragment)
            {
                if (offset + 4 > ip.Length)
                {
                    return;
                }
                int fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[(offset + 2)..]);
                layout.FragmentHeaderOffset = offset;
                layout.MoreFragments = (fragment & 1) != 0;
                layout.FragmentOffset = fragment & 0xfff8;
                length = 8;
                if (layout.FragmentOffset != 0)
                {
                    (layout.Protocol, layout.TransportOffset) = (ip[offset], offset + 8);
                    layout.HasTransport = !IsExtension(layout.Protocol) || layout.Protocol == IpProtocols.NoNext;
                    return;
                }
            }
            else if (next == IpProtocols.Ah)
            {
                length = (ip[offset + 1] + 2) * 4;
            }
            next = ip[offset];
            offset += length;
        }
        (layout.Protocol, layout.TransportOffset, layout.HasTransport) = (next, offset, true);
    }
}
