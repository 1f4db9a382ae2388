using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Says in a line what a packet is, much as tcpdump does.</summary>
public static class PacketLine
{
    private static readonly string[] TcpFlags = ["F", "S", "R", "P", "A", "U", "E", "C"];

    /// <summary>The line. Never throws.</summary>
    public static string Describe(ReadOnlySpan<byte> packet)
    {
        var fields = new PacketFields(packet);
        if (!fields.IsWhole)
        {
            return $"{packet.Length} bytes that are no IP packet";
        }
        (string source, string destination) = Addresses(packet, fields);
        var line = new StringBuilder();
        ReadOnlySpan<byte> transport = packet[fields.TransportOffset..];
        bool hasPorts = fields.FragmentOffset == 0 && fields.Protocol is 6 or 17 or 33 or 132 or 136 && transport.Length >= 4;
        if (hasPorts)
        {
            source += "." + BinaryPrimitives.ReadUInt16BigEndian(transport).ToString(CultureInfo.InvariantCulture);
            destination += "." + BinaryPrimitives.ReadUInt16BigEndian(transport[2..]).ToString(CultureInfo.InvariantCulture);
        }
        line.Append(CultureInfo.InvariantCulture, $"{source} > {destination} {ProtocolName(fields.Protocol)}");
        if (fields.FragmentOffset == 0)
        {
            AppendTransport(line, fields, transport);
        }
        line.Append(CultureInfo.InvariantCulture, $" ttl {packet[fields.Version == 4 ? 8 : 7]} len {packet.Length}");
        if (fields.FragmentOffset != 0 || fields.MoreFragments)
        {
            line.Append(CultureInfo.InvariantCulture, $" frag {fields.FragmentOffset}{(fields.MoreFragments ? "+" : "")}");
        }
        return line.ToString();
    }

    private static (string Source, string Destination) Addresses(ReadOnlySpan<byte> packet, PacketFields fields) =>
        fields.Version == 4
            ? (new IPAddress(packet[12..16]).ToString(), new IPAddress(packet[16..20]).ToString())
            : (new IPAddress(packet[8..24]).ToString(), new IPAddress(packet[24..40]).ToString());

    private static string ProtocolName(int protocol) => protocol switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        58 => "icmpv6",
        132 => "sctp",
        136 => "udplite",
        _ => "proto " + protocol.ToString(CultureInfo.InvariantCulture),
    };

    private static void AppendTransport(StringBuilder line, PacketFields fields, ReadOnlySpan<byte> transport)
    {
        if (fields.Protocol == 6 && transport.Length >= 20)
        {
            line.Append(' ');
            for (int bit = 0; bit < TcpFlags.Length; bit++)
            {
                line.Append((transport[13] & (1 << bit)) != 0 ? TcpFlags[bit] : "");
            }
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(transport[4..]);
            uint acknowledgement = BinaryPrimitives.ReadUInt32BigEndian(transport[8..]);
            line.Append(CultureInfo.InvariantCulture, $" seq {sequence} ack {acknowledgement}");
        }
        else if (fields.Protocol is 1 or 58 && transport.Length >= 8)
        {
            line.Append(CultureInfo.InvariantCulture, $" type {transport[0]} code {transport[1]}");
            bool isError = fields.Protocol == 58 ? transport[0] < 128 : transport[0] is 3 or 4 or 5 or 11 or 12;
            if (isError && transport.Length > 8)
            {
                line.Append(CultureInfo.InvariantCulture, $" about ({DescribeQuoted(transport[8..])})");
            }
            else
            {
                line.Append(CultureInfo.InvariantCulture, $" id {BinaryPrimitives.ReadUInt16BigEndian(transport[4..])}");
            }
        }
    }

    private static string DescribeQuoted(ReadOnlySpan<byte> packet)
    {
        var fields = new PacketFields(packet);
        if (!fields.IsWhole)
        {
            return $"{packet.Length} bytes";
        }
        (string source, string destination) = Addresses(packet, fields);
        return $"{source} > {destination} {ProtocolName(fields.Protocol)}";
    }
}
