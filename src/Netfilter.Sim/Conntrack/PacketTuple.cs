using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>Reads the tuple out of a packet's bytes (<c>nf_conntrack_core.c get_l4proto, nf_ct_get_tuple</c>).</summary>
internal static class PacketTuple
{
    /// <summary>Reads a packet's own tuple.</summary>
    /// <returns>False when the headers are cut off, or it is a later fragment.</returns>
    public static bool TryRead(PacketBuffer packet, ConnectionTracker tracker, out ConnectionTuple tuple)
    {
        if (!HasTransport(packet))
        {
            tuple = default;
            return false;
        }
        return TryRead(packet.Transport, packet.Source, packet.Destination, packet.Protocol, tracker, out tuple);
    }

    /// <summary>Whether conntrack finds a transport header (<c>get_l4proto</c> returns an offset).</summary>
    public static bool HasTransport(PacketBuffer packet) => packet.HasTransport && packet.FragmentOffset == 0
        && !(packet.Family == IpFamily.IPv6 && packet.Protocol == IpProtocols.NoNext);

    /// <summary>Reads the tuple of the packet that an ICMP error quotes (<c>nf_ct_get_tuplepr</c>).</summary>
    /// <param name="ip">The quoted packet, as much of it as there is.</param>
    /// <param name="family">The family of the packet that quotes it.</param>
    /// <param name="tracker">Knows the keys of GRE.</param>
    /// <param name="tuple">The tuple.</param>
    public static bool TryReadQuoted(
        ReadOnlySpan<byte> ip, IpFamily family, ConnectionTracker tracker, out ConnectionTuple tuple)
    {
        tuple = default;
        if (!TryFindTransport(ip, family, out int offset, out byte protocol))
        {
            return false;
        }
        bool isIPv4 = family == IpFamily.IPv4;
        NetAddress source = NetAddress.FromBytes(isIPv4 ? ip.Slice(12, 4) : ip.Slice(8, 16));
        NetAddress destination = NetAddress.FromBytes(isIPv4 ? ip.Slice(16, 4) : ip.Slice(24, 16));
        return TryRead(offset <= ip.Length ? ip[offset..] : default, source, destination, protocol, tracker, out tuple);
    }

    /// <summary>Where the transport header of a quoted packet begins.</summary>
    public static bool TryFindTransport(ReadOnlySpan<byte> ip, IpFamily family, out int offset, out byte protocol)
    {
        (offset, protocol) = (0, 0);
        if (family == IpFamily.IPv4)
        {
            if (ip.Length < 20 || (((ip[6] << 8) | ip[7]) & 0x1fff) != 0)
            {
                return false;
            }
            (offset, protocol) = ((ip[0] & 15) * 4, ip[9]);
            return offset <= ip.Length;
        }
        return ip.Length >= 40 && TrySkipExtensions(ip, out offset, out protocol);
    }

    private static bool TrySkipExtensions(ReadOnlySpan<byte> ip, out int offset, out byte protocol)
    {
        (offset, protocol) = (40, ip[6]);
        while (protocol is IpProtocols.HopByHop or IpProtocols.Routing or IpProtocols.Fragment or IpProtocols.Ah
            or IpProtocols.DestinationOptions or IpProtocols.NoNext)
        {
            if (protocol == IpProtocols.NoNext || offset + 8 > ip.Length)
            {
                return false;
            }
            ReadOnlySpan<byte> header = ip[offset..];
            if (protocol == IpProtocols.Fragment && (((header[2] << 8) | header[3]) & 0xfff8) != 0)
            {
                return false;
            }
            offset += protocol switch
            {
                IpProtocols.Fragment => 8,
                IpProtocols.Ah => (header[1] + 2) * 4,
                _ => (header[1] + 1) * 8,
            };
            protocol = header[0];
        }
        return true;
    }

    private static bool TryRead(
        ReadOnlySpan<byte> transport,
        NetAddress source,
        NetAddress destination,
        byte protocol,
        ConnectionTracker tracker,
        out ConnectionTuple tuple)
    {
        tuple = new ConnectionTuple(source, destination, 0, 0, protocol);
        switch (protocol)
        {
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp:
                if (transport.Length < 4)
                {
                    return false;
                }
                tuple = new ConnectionTuple(
                    source,
                    destination,
                    BinaryPrimitives.ReadUInt16BigEndian(transport),
                    BinaryPrimitives.ReadUInt16BigEndian(transport[2..]),
                    protocol);
                return true;
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                if (transport.Length < 8)
                {
                    return false;
                }
                tuple = new ConnectionTuple(
                    source,
                    destination,
                    BinaryPrimitives.ReadUInt16BigEndian(transport[4..]),
                    BinaryPrimitives.ReadUInt16BigEndian(transport),
                    protocol);
                return true;
            case IpProtocols.Gre:
                return GreTracker.TryReadKeys(transport, tracker, ref tuple);
            default:
                return true;
        }
    }
}
