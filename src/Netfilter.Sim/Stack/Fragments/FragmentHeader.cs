using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>Finds IPv6's fragment header and the place for a new one.</summary>
internal static class FragmentHeader
{
    /// <summary>Finds the fragment header (<c>nf_conntrack_reasm.c find_prev_fhdr</c>).</summary>
    /// <param name="ip">A packet with at least its fixed header.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="nextHeaderField">Offset of the byte that announces it.</param>
    /// <returns>False when there is none, or the chain to it is broken.</returns>
    public static bool TryFind(ReadOnlySpan<byte> ip, out int offset, out int nextHeaderField)
    {
        (offset, nextHeaderField) = (40, 6);
        byte next = ip[6];
        while (next != IpProtocols.Fragment)
        {
            if (!PacketParser.IsExtension(next) || next == IpProtocols.NoNext || offset + 2 > ip.Length)
            {
                return false;
            }
            int length = next == IpProtocols.Ah ? (ip[offset + 1] + 2) * 4 : (ip[offset + 1] + 1) * 8;
            next = ip[offset];
            nextHeaderField = offset;
            offset += length;
        }
        return offset <= ip.Length;
    }

    /// <summary>
    /// Whether a first fragment ends before its transport header does (RFC 8200 4.5, <c>ipv6frag_thdr_truncated</c>).
    /// </summary>
    public static bool IsTransportTruncated(ReadOnlySpan<byte> ip, int fragmentHeader)
    {
        byte next = IpProtocols.Fragment;
        int offset = PacketParser.SkipExtensionHeaders(ip, fragmentHeader, ref next, out ushort field);
        if (offset < 0 || (field & 0xfff8) != 0)
        {
            return false;
        }
        int needed = next switch
        {
            IpProtocols.Tcp => 20,
            IpProtocols.Udp or IpProtocols.IcmpV6 => 8,
            _ => 1,
        };
        return offset + needed > ip.Length;
    }

    /// <summary>
    /// Where a fragment header goes: behind the headers that routers on the way read (<c>ip6_find_1stfragopt</c>).
    /// </summary>
    /// <param name="ip">A packet with at least its fixed header.</param>
    /// <param name="nextHeaderField">Offset of the byte that will announce it.</param>
    /// <returns>The offset, or −1 when the chain of headers is broken.</returns>
    public static int PlaceFor(ReadOnlySpan<byte> ip, out int nextHeaderField)
    {
        int offset = 40;
        bool sawRouting = false;
        nextHeaderField = 6;
        while (offset <= ip.Length)
        {
            byte next = ip[nextHeaderField];
            sawRouting |= next == IpProtocols.Routing;
            bool stays = next is IpProtocols.HopByHop or IpProtocols.Routing
                || (next == IpProtocols.DestinationOptions && !sawRouting);
            if (!stays)
            {
                return offset;
            }
            if (offset + 2 > ip.Length)
            {
                return -1;
            }
            nextHeaderField = offset;
            offset += (ip[offset + 1] + 1) * 8;
        }
        return -1;
    }
}
