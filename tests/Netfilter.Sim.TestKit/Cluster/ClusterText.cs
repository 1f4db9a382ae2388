using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Packets and connections as the cases write them.</summary>
internal static class ClusterText
{
    private static readonly (TcpFlags Flag, char Letter)[] Flags =
        [(TcpFlags.Syn, 'S'), (TcpFlags.Fin, 'F'), (TcpFlags.Rst, 'R'), (TcpFlags.Psh, 'P'), (TcpFlags.Ack, '.')];

    /// <summary>A packet; null for one that the cases do not show.</summary>
    public static string? Of(Packet packet, ClusterPorts ports)
    {
        switch (packet.Protocol)
        {
            case IpProtocols.Tcp:
                string flags = string.Concat(Flags.Where(flag => (packet.TcpFlags & flag.Flag) != 0).Select(flag => flag.Letter));
                return string.Create(
                    CultureInfo.InvariantCulture, $"{Ends("TCP", packet, ports)} [{flags}] len {packet.Payload.Length} ttl {packet.Ttl}");
            case IpProtocols.Udp:
                return string.Create(
                    CultureInfo.InvariantCulture, $"{Ends("UDP", packet, ports)} len {packet.Payload.Length} ttl {packet.Ttl}");
            default:
                if (Quoted(packet) is not { } quoted)
                {
                    return null;
                }
                string name = packet.Family == IpFamily.IPv4 ? "ICMP" : "ICMPv6";
                string about = quoted.Protocol == IpProtocols.Tcp ? Ends("TCP", quoted, ports) : Ends("UDP", quoted, ports);
                string what = ClusterObservation.IcmpNameOf(packet);
                return string.Create(
                    CultureInfo.InvariantCulture, $"{name} {packet.Source} > {packet.Destination} {what} ttl {packet.Ttl} about ({about})");
        }
    }

    /// <summary>Whether a packet, or the one an error is about, has one of these ports.</summary>
    public static bool Concerns(Packet packet, IReadOnlySet<ushort> ports)
    {
        Packet? with = packet.Protocol is IpProtocols.Tcp or IpProtocols.Udp ? packet : Quoted(packet);
        return with is { SourcePort: { } source, DestinationPort: { } destination }
            && (ports.Contains(source) || ports.Contains(destination));
    }

    /// <summary>A connection.</summary>
    public static string Of(ConntrackEntry entry, ClusterPorts ports)
    {
        string protocol = ConnectionText.ProtocolName(entry.Original.Protocol) ?? "unknown";
        string state = entry.TcpState is { } known ? $" {ConnectionText.NameOf(known)}" : "";
        string status = (entry.Status & ConnectionStatus.SeenReply) == 0 ? " [UNREPLIED]" : "";
        status += (entry.Status & ConnectionStatus.Assured) != 0 ? " [ASSURED]" : "";
        return $"{protocol}{state} orig {Ends(entry.Original, ports)} reply {Ends(entry.Reply, ports)}{status}";
    }

    /// <summary>The ports of a connection.</summary>
    public static IEnumerable<ushort> PortsOf(ConntrackEntry entry) =>
        [entry.Original.SourcePort, entry.Original.DestinationPort, entry.Reply.SourcePort, entry.Reply.DestinationPort];

    private static Packet? Quoted(Packet packet)
    {
        bool isError = packet.Protocol == IpProtocols.Icmp ? packet.IcmpType is 3 or 11
            : packet.Protocol == IpProtocols.IcmpV6 && packet.IcmpType is 1 or 3;
        if (!isError || packet.TransportBytes.Length < 8 + 28)
        {
            return null;
        }
        Packet quoted = Packet.Parse(packet.TransportBytes[8..]);
        return quoted is { SourcePort: not null, Protocol: IpProtocols.Tcp or IpProtocols.Udp } ? quoted : null;
    }

    private static string Ends(string protocol, Packet packet, ClusterPorts ports) =>
        $"{protocol} {End(packet.Source, ports[packet.SourcePort!.Value])} > {End(packet.Destination, ports[packet.DestinationPort!.Value])}";

    private static string Ends(in ConnectionTuple tuple, ClusterPorts ports) =>
        $"{End(tuple.Source, ports[tuple.SourcePort])} > {End(tuple.Destination, ports[tuple.DestinationPort])}";

    private static string End(NetAddress address, string port) =>
        address.Family == IpFamily.IPv4 ? $"{address}:{port}" : $"[{address}]:{port}";
}
