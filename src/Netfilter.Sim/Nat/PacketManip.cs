using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Nat;

/// <summary>
/// Rewrites one end of a packet, or of a packet quoted in an ICMP error (<c>nf_nat_proto.c nf_nat_ipv4_manip_pkt,
/// nf_nat_ipv6_manip_pkt, nf_nat_l4proto_manip_pkt</c>). Checksums change by the difference: a wrong one stays wrong.
/// </summary>
internal static class PacketManip
{
    /// <summary>Rewrites a packet.</summary>
    /// <returns>False when its transport header is cut off.</returns>
    public static bool Apply(PacketBuffer packet, in ConnectionTuple target, NatManip manip)
    {
        if (!packet.HasPartialChecksum)
        {
            return Apply(packet.Writable, packet.Family, target, manip);
        }
        (ushort, uint) before = packet.PartialChecksum;
        bool isApplied = Apply(packet.Writable, packet.Family, target, manip);
        packet.FollowAddresses(before);
        return isApplied;
    }

    /// <summary>Rewrites a packet that begins a span and ends with it.</summary>
    public static bool Apply(Span<byte> ip, IpFamily family, in ConnectionTuple target, NatManip manip) =>
        family == IpFamily.IPv4 ? ApplyV4(ip, target, manip) : ApplyV6(ip, target, manip);

    private static bool ApplyV4(Span<byte> ip, in ConnectionTuple target, NatManip manip)
    {
        if (ip.Length < 20)
        {
            return false;
        }
        NetAddress address = manip == NatManip.Source ? target.Source : target.Destination;
        Span<byte> field = ip.Slice(manip == NatManip.Source ? 12 : 16, 4);
        uint delta = ChecksumUpdate.Delta(BinaryPrimitives.ReadUInt32BigEndian(field), address.IPv4Bits);
        int offset = (ip[0] & 15) * 4;
        if (offset > ip.Length || !ApplyTransport(ip[offset..], target, manip, delta))
        {
            return false;
        }
        ChecksumUpdate.Apply(ip.Slice(10, 2), delta);
        BinaryPrimitives.WriteUInt32BigEndian(field, address.IPv4Bits);
        return true;
    }

    private static bool ApplyV6(Span<byte> ip, in ConnectionTuple target, NatManip manip)
    {
        if (ip.Length < 40)
        {
            return false;
        }
        NetAddress address = manip == NatManip.Source ? target.Source : target.Destination;
        Span<byte> field = ip.Slice(manip == NatManip.Source ? 8 : 24, 16);
        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes);
        bool hasTransport = PacketTuple.TryFindTransport(ip, IpFamily.IPv6, out int offset, out byte _);
        if (hasTransport && (offset > ip.Length
            || !ApplyTransport(ip[offset..], target, manip, ChecksumUpdate.Delta(field, bytes))))
        {
            return false;
        }
        bytes.CopyTo(field);
        return true;
    }

    private static bool ApplyTransport(Span<byte> transport, in ConnectionTuple target, NatManip manip, uint addressDelta)
    {
        ushort port = manip == NatManip.Source ? target.SourcePort : target.DestinationPort;
        int at = manip == NatManip.Source ? 0 : 2;
        switch (target.Protocol)
        {
            case IpProtocols.Tcp:
                return ApplyTcp(transport, at, port, addressDelta);
            case IpProtocols.Udp:
                if (transport.Length < 8)
                {
                    return false;
                }
                uint udpDelta = addressDelta + ReplacePort(transport, at, port);
                ChecksumUpdate.ApplyUdp(transport.Slice(6, 2), udpDelta);
                return true;
            case IpProtocols.UdpLite:
                if (transport.Length < 8)
                {
                    return false;
                }
                ApplyUdpLite(transport, addressDelta + ReplacePort(transport, at, port));
                return true;
            case IpProtocols.Sctp:
                return ApplySctp(transport, at, port);
            case IpProtocols.Icmp:
                return ApplyIcmp(transport, target.SourcePort);
            case IpProtocols.IcmpV6:
                return ApplyIcmpV6(transport, target.SourcePort, addressDelta);
            case IpProtocols.Gre:
                return ApplyGre(transport, target.DestinationPort, manip);
            default:
                return true;
        }
    }

    private static bool ApplyTcp(Span<byte> tcp, int at, ushort port, uint addressDelta)
    {
        if (tcp.Length < 8)
        {
            return false;
        }
        uint delta = addressDelta + ReplacePort(tcp, at, port);
        if (tcp.Length >= 20)
        {
            ChecksumUpdate.Apply(tcp.Slice(16, 2), delta);
        }
        return true;
    }

    private static void ApplyUdpLite(Span<byte> udp, uint delta)
    {
        Span<byte> field = udp.Slice(6, 2);
        ChecksumUpdate.Apply(field, delta);
        if (field[0] == 0 && field[1] == 0)
        {
            (field[0], field[1]) = (0xff, 0xff);
        }
    }

    private static bool ApplySctp(Span<byte> sctp, int at, ushort port)
    {
        if (sctp.Length < 8)
        {
            return false;
        }
        BinaryPrimitives.WriteUInt16BigEndian(sctp[at..], port);
        if (sctp.Length >= 12)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sctp[8..], Checksum.Sctp(sctp));
        }
        return true;
    }

    private static bool ApplyIcmp(Span<byte> icmp, ushort identifier)
    {
        if (icmp.Length < 8)
        {
            return false;
        }
        if (IcmpTracker.AnswerOf(icmp[0]) >= 0)
        {
            ChecksumUpdate.Replace16(icmp.Slice(4, 2), identifier, icmp.Slice(2, 2));
        }
        return true;
    }

    private static bool ApplyIcmpV6(Span<byte> icmp, ushort identifier, uint addressDelta)
    {
        if (icmp.Length < 8)
        {
            return false;
        }
        ChecksumUpdate.Apply(icmp.Slice(2, 2), addressDelta);
        if (icmp[0] is 128 or 129)
        {
            ChecksumUpdate.Replace16(icmp.Slice(4, 2), identifier, icmp.Slice(2, 2));
        }
        return true;
    }

    // Only the key of the receiving end is in a packet, and only version 1 has one.
    private static bool ApplyGre(Span<byte> gre, ushort key, NatManip manip)
    {
        if (gre.Length < 8)
        {
            return false;
        }
        if (manip != NatManip.Destination)
        {
            return true;
        }
        switch (gre[1] & 7)
        {
            case 0:
                return true;
            case 1:
                BinaryPrimitives.WriteUInt16BigEndian(gre[6..], key);
                return true;
            default:
                return false;
        }
    }

    private static uint ReplacePort(Span<byte> transport, int at, ushort port)
    {
        uint delta = ChecksumUpdate.Delta(BinaryPrimitives.ReadUInt16BigEndian(transport[at..]), port);
        BinaryPrimitives.WriteUInt16BigEndian(transport[at..], port);
        return delta;
    }
}
