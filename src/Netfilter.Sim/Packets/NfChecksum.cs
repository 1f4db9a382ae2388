using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>What netfilter asks of a packet's transport checksum (<c>net/netfilter/utils.c</c>).</summary>
internal static class NfChecksum
{
    /// <summary>
    /// Whether the checksum is right as <c>nf_ip_checksum</c> and <c>nf_ip6_checksum</c> compute it: IPv4 adds the pseudo
    /// header for TCP and UDP only, IPv6 for all; every byte behind the offset counts. IPv4 sums its own header as well, which
    /// gives nothing unless the host has entered something in its options and not yet made its checksum anew.
    /// </summary>
    public static bool IsValid(PacketBuffer packet, int offset, byte protocol)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (packet.HasPartialChecksum)
        {
            return true;
        }
        if (offset < 0 || offset > ip.Length)
        {
            return false;
        }
        bool isIPv6 = packet.Family == IpFamily.IPv6;
        bool pseudo = isIPv6 || protocol is IpProtocols.Tcp or IpProtocols.Udp;
        uint sum = pseudo ? Checksum.PseudoHeader(ip, packet.Family, protocol, ip.Length - offset) : 0;
        return Checksum.Finish(Checksum.Add(isIPv6 ? ip[offset..] : ip, sum)) == 0;
    }

    /// <summary>
    /// Whether REJECT may answer with an ICMP error: the checksum is right, or is of a kind that it does not look at
    /// (<c>nf_reject_verify_csum</c>, <c>nf_send_unreach</c>, <c>reject6_csum_ok</c>).
    /// </summary>
    public static bool MayReject(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        int offset = packet.TransportOffset;
        byte protocol = packet.Protocol;
        if (packet.Family == IpFamily.IPv6)
        {
            protocol = ip[6];
            offset = PacketParser.SkipExtensionHeaders(ip, 40, ref protocol, out ushort fragment);
            if (offset < 0 || offset >= ip.Length || (fragment & 0xfff8) != 0)
            {
                return false;
            }
        }
        else if (packet.FragmentOffset != 0)
        {
            return false;
        }
        return packet.HasValidChecksum || packet.HasPartialChecksum || !IsLookedAt(ip, offset, protocol) || IsValid(packet, offset, protocol);
    }

    /// <summary>
    /// Whether REJECT may answer a sound TCP segment with an RST: forwarding forgets what conntrack found, and IPv4's header is
    /// summed with it again (<c>skb_forward_csum</c>, <c>nf_reject_ip_tcphdr_get</c>).
    /// </summary>
    /// <param name="packet">The segment.</param>
    /// <param name="isForwarded">Whether it is on its way through the host.</param>
    public static bool MayReset(PacketBuffer packet, bool isForwarded) => packet.Family == IpFamily.IPv6
        || packet.HasPartialChecksum
        || (packet.HasValidChecksum && !isForwarded)
        || IsValid(packet, packet.TransportOffset, IpProtocols.Tcp);

    private static bool IsLookedAt(ReadOnlySpan<byte> ip, int offset, byte protocol) => protocol switch
    {
        IpProtocols.Udp => offset + 8 > ip.Length || BinaryPrimitives.ReadUInt16BigEndian(ip[(offset + 6)..]) != 0,
        IpProtocols.Gre or IpProtocols.Ah or IpProtocols.Esp or IpProtocols.Sctp or IpProtocols.UdpLite => false,
        _ => true,
    };
}
