using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tracing;

/// <summary>A packet in a few words: <c>10.0.0.1:40000 > 10.9.0.1:80/tcp syn</c>.</summary>
internal static class PacketWords
{
    private static readonly (TcpFlags Flag, string Name)[] Flags =
    [
        (TcpFlags.Syn, "syn"), (TcpFlags.Fin, "fin"), (TcpFlags.Rst, "rst"), (TcpFlags.Psh, "psh"), (TcpFlags.Ack, "ack"),
        (TcpFlags.Urg, "urg"),
    ];

    /// <summary>Addresses, ports, protocol, and what the protocol has to say.</summary>
    public static string Of(Packet packet)
    {
        if (packet.Length < (packet.Family == IpFamily.IPv4 ? 20 : 40))
        {
            return Text($"{packet.Length} bytes that are no packet");
        }
        string source = End(packet.Source, packet.SourcePort), destination = End(packet.Destination, packet.DestinationPort);
        return $"{source} > {destination}/{RuleWords.ProtocolName(packet.Protocol)}{Details(packet)}";
    }

    private static string End(NetAddress address, ushort? port) => port is null ? address.ToString()
        : address.Family == IpFamily.IPv4 ? Text($"{address}:{port}") : Text($"[{address}]:{port}");

    private static string Details(Packet packet)
    {
        if (packet.FragmentOffset != 0)
        {
            return Text($" fragment at {packet.FragmentOffset}");
        }
        string first = packet.MoreFragments ? " first fragment" : "";
        if (packet.IcmpType is byte type)
        {
            return Text($" {Icmp(packet, type)}{first}");
        }
        TcpFlags flags = packet.TcpFlags;
        return string.Concat(Flags.Where(known => (flags & known.Flag) != 0).Select(known => " " + known.Name)) + first;
    }

    private static string Icmp(Packet packet, byte type) => (packet.Family, type) switch
    {
        (IpFamily.IPv4, 8) or (IpFamily.IPv6, 128) => "echo request",
        (IpFamily.IPv4, 0) or (IpFamily.IPv6, 129) => "echo reply",
        (IpFamily.IPv4, 3) or (IpFamily.IPv6, 1) => Text($"unreachable, code {packet.IcmpCode}"),
        (IpFamily.IPv4, 11) or (IpFamily.IPv6, 3) => "time exceeded",
        (IpFamily.IPv6, 2) => "packet too big",
        _ => Text($"type {type}, code {packet.IcmpCode}"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
