using System.Buffers.Binary;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// What the IP layer demands of a received packet before any hook sees it (<c>net/ipv4/ip_input.c ip_rcv_core</c>,
/// <c>net/ipv6/ip6_input.c ip6_rcv_core</c>, <c>net/ipv6/exthdrs.c ipv6_parse_hopopts</c>). Cuts off what lies behind the
/// length that the header states.
/// </summary>
internal static class IpSanity
{
    private const int MaxPayload = 65535;

    /// <summary>Checks a packet that has come in by <see cref="PacketBuffer.InDevice"/>, and trims it.</summary>
    /// <param name="packet">The packet, parsed; parsed again when it was trimmed.</param>
    /// <param name="maxHopByHopOptions">
    /// <c>net.ipv6.max_hbh_opts_number</c>: most options in a hop-by-hop header; negative refuses unknown ones, too.
    /// </param>
    public static IpSanityResult Check(PacketBuffer packet, int maxHopByHopOptions = 8)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        return ip.Length > 0 && ip[0] >> 4 == 6 ? CheckIPv6(packet, maxHopByHopOptions) : CheckIPv4(packet);
    }

    private static IpSanityResult CheckIPv4(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (ip.Length < 20)
        {
            return IpSanityReason.HeaderTruncated;
        }
        int headerLength = (ip[0] & 15) * 4;
        if (ip[0] >> 4 != 4)
        {
            return IpSanityReason.Version;
        }
        if (headerLength < 20)
        {
            return IpSanityReason.HeaderLength;
        }
        if (ip.Length < headerLength)
        {
            return IpSanityReason.HeaderTruncated;
        }
        if (Checksum.Of(ip[..headerLength]) != 0)
        {
            return IpSanityReason.Checksum;
        }
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
        if (ip.Length < totalLength)
        {
            return IpSanityReason.Truncated;
        }
        if (totalLength < headerLength)
        {
            return IpSanityReason.TotalLength;
        }
        packet.Trim(totalLength);
        return IpSanityReason.None;
    }

    private static IpSanityResult CheckIPv6(PacketBuffer packet, int maxHopByHopOptions)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (ip.Length < 40)
        {
            return IpSanityReason.HeaderTruncated;
        }
        IpSanityReason reason = CheckAddresses(packet);
        if (reason != IpSanityReason.None)
        {
            return reason;
        }
        int payload = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        bool hopByHop = ip[6] == IpProtocols.HopByHop;
        if (payload != 0 || !hopByHop)
        {
            if (payload + 40 > ip.Length)
            {
                return IpSanityReason.Truncated;
            }
            if (payload + 40 < ip.Length)
            {
                packet.Trim(payload + 40);
                PacketParser.ParseNetworkHeader(packet);
            }
        }
        return hopByHop ? CheckHopByHop(packet, maxHopByHopOptions) : IpSanityReason.None;
    }

    private static IpSanityReason CheckAddresses(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        bool onLoopback = packet.InDevice?.Kind == NetDeviceKind.Loopback;
        UInt128 source = BinaryPrimitives.ReadUInt128BigEndian(ip[8..]);
        UInt128 destination = BinaryPrimitives.ReadUInt128BigEndian(ip[24..]);
        if (!onLoopback && (source == UInt128.One || destination == UInt128.One))
        {
            return IpSanityReason.LoopbackAddress;
        }
        bool toGroup = ip[24] == 0xff;
        int scope = ip[25] & 15;
        if (toGroup && scope == 1 && !onLoopback && packet.PacketType != PacketType.Loopback)
        {
            return IpSanityReason.MulticastScope;
        }
        if (toGroup && scope == 0)
        {
            return IpSanityReason.MulticastScope;
        }
        return ip[8] == 0xff ? IpSanityReason.MulticastSource : IpSanityReason.None;
    }

    /// <summary><c>ipv6_parse_hopopts</c> and, for a hop-by-hop header, <c>ip6_parse_tlv</c>.</summary>
    private static IpSanityResult CheckHopByHop(PacketBuffer packet, int maxOptions)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (ip.Length < 48 || ip.Length < 40 + ((ip[41] + 1) * 8))
        {
            return IpSanityReason.HopByHop;
        }
        bool refuseUnknown = maxOptions < 0;
        maxOptions = Math.Abs(maxOptions);
        (int offset, int left) = (42, ((ip[41] + 1) * 8) - 2);
        (int count, int padding) = (0, 0);
        while (left > 0)
        {
            int size = ip[offset] == 0 ? 1 : left < 2 ? int.MaxValue : ip[offset + 1] + 2;
            if (size > left)
            {
                return IpSanityReason.HopByHop;
            }
            if (ip[offset] <= 1)
            {
                padding += size;
                bool dirty = size > 2 && ip.Slice(offset + 2, size - 2).ContainsAnyExcept((byte)0);
                if (padding > 7 || dirty)
                {
                    return IpSanityReason.HopByHop;
                }
            }
            else
            {
                IpSanityResult result = ++count > maxOptions
                    ? IpSanityReason.HopByHop
                    : CheckOption(packet, offset, refuseUnknown);
                if (result.Reason != IpSanityReason.None)
                {
                    return result;
                }
                padding = 0;
            }
            (offset, left) = (offset + size, left - size);
        }
        return IpSanityReason.None;
    }

    private static IpSanityResult CheckOption(PacketBuffer packet, int offset, bool refuseUnknown)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        switch (ip[offset])
        {
            case 5: // router alert
                return ip[offset + 1] == 2 ? IpSanityReason.None : IpSanityReason.HopByHop;
            case 0x31: // IOAM; not enabled on any interface
                return (offset & 3) == 0 ? IpSanityReason.None : IpSanityReason.HopByHop;
            case 0xc2:
                return CheckJumbo(packet, offset);
            case 7: // CALIPSO; no domain of interpretation is ever configured
                return IpSanityReason.HopByHop;
            default:
                int action = ip[offset] >> 6;
                if (refuseUnknown || action == 1 || (action == 3 && ip[24] == 0xff))
                {
                    return IpSanityReason.HopByHop;
                }
                return action == 0
                    ? IpSanityReason.None
                    : new IpSanityResult(IpSanityReason.HopByHop) { ParameterProblemCode = 2, Pointer = offset };
        }
    }

    /// <summary><c>ipv6_hop_jumbo</c>.</summary>
    private static IpSanityResult CheckJumbo(PacketBuffer packet, int offset)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (ip[offset + 1] != 4 || (offset & 3) != 2)
        {
            return IpSanityReason.HopByHop;
        }
        uint length = BinaryPrimitives.ReadUInt32BigEndian(ip[(offset + 2)..]);
        if (length <= MaxPayload)
        {
            return new IpSanityResult(IpSanityReason.Jumbo) { ParameterProblemCode = 0, Pointer = offset + 2 };
        }
        if (ip[4] != 0 || ip[5] != 0)
        {
            return new IpSanityResult(IpSanityReason.Jumbo) { ParameterProblemCode = 0, Pointer = offset };
        }
        if (length > ip.Length - 40)
        {
            return IpSanityReason.Truncated;
        }
        packet.Trim((int)length + 40);
        return IpSanityReason.None;
    }
}
