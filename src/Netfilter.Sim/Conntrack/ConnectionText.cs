using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>Connections in the words of the conntrack tool (libnetfilter_conntrack's default output).</summary>
public static class ConnectionText
{
    private static readonly string[] TcpStates =
        ["NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"];

    private static readonly string[] SctpStates =
    [
        "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT",
    ];

    private static readonly (ConnectionStatus Bit, string Name)[] StatusNames =
    [
        (ConnectionStatus.Expected, "EXPECTED"), (ConnectionStatus.SeenReply, "SEEN_REPLY"),
        (ConnectionStatus.Assured, "ASSURED"), (ConnectionStatus.Confirmed, "CONFIRMED"),
        (ConnectionStatus.SourceNat, "SRC_NAT"), (ConnectionStatus.DestinationNat, "DST_NAT"),
        (ConnectionStatus.SequenceAdjust, "SEQ_ADJUST"), (ConnectionStatus.SourceNatDone, "SRC_NAT_DONE"),
        (ConnectionStatus.DestinationNatDone, "DST_NAT_DONE"), (ConnectionStatus.Dying, "DYING"),
        (ConnectionStatus.FixedTimeout, "FIXED_TIMEOUT"), (ConnectionStatus.Template, "TEMPLATE"),
        (ConnectionStatus.NatClash, "UNTRACKED"), (ConnectionStatus.Helper, "HELPER"),
    ];

    /// <summary>The name of a TCP state.</summary>
    public static string NameOf(TcpState state) => TcpStates[(int)state];

    /// <summary>The name of an SCTP state.</summary>
    public static string NameOf(SctpState state) => SctpStates[(int)state];

    /// <summary>The names of the bits that are set, blank separated, in bit order.</summary>
    public static string NamesOf(ConnectionStatus status) =>
        string.Join(' ', StatusNames.Where(entry => (status & entry.Bit) != 0).Select(entry => entry.Name));

    /// <summary>The name that the tool has for a protocol, or null.</summary>
    public static string? ProtocolName(byte protocol) => protocol switch
    {
        IpProtocols.Icmp => "icmp",
        IpProtocols.Tcp => "tcp",
        IpProtocols.Udp => "udp",
        IpProtocols.Dccp => "dccp",
        IpProtocols.Gre => "gre",
        IpProtocols.IcmpV6 => "icmpv6",
        IpProtocols.Sctp => "sctp",
        IpProtocols.UdpLite => "udplite",
        _ => null,
    };

    /// <summary>A line of <c>conntrack -L</c>.</summary>
    /// <param name="entry">The connection.</param>
    /// <param name="isExtended">Whether the family comes first (<c>-o extended</c>).</param>
    /// <param name="hasStart">Whether the beginning is shown, if it is noted (<c>-o ktimestamp</c>).</param>
    public static string Format(ConntrackEntry entry, bool isExtended = false, bool hasStart = false)
    {
        ArgumentNullException.ThrowIfNull(entry);
        StringBuilder text = new();
        if (isExtended)
        {
            text.Append(entry.Original.Family == IpFamily.IPv4 ? "ipv4     2 " : "ipv6     10 ");
        }
        text.Append(CultureInfo.InvariantCulture, $"{ProtocolName(entry.Original.Protocol) ?? "unknown",-8} ");
        text.Append(CultureInfo.InvariantCulture, $"{entry.Original.Protocol} {entry.TimeoutSeconds} ");
        AppendBody(text, entry);
        text.Append(CultureInfo.InvariantCulture, $" mark={entry.Mark}");
        AppendZone(text, entry.Zone);
        if (entry.AgeSeconds is { } age)
        {
            text.Append(CultureInfo.InvariantCulture, $" delta-time={age}");
        }
        if (hasStart && entry.Start is { } start)
        {
            text.Append(CultureInfo.InvariantCulture, $" [start={start:ddd MMM dd HH:mm:ss yyyy}]");
        }
        AppendHelper(text, entry);
        return text.Append(CultureInfo.InvariantCulture, $" use={entry.UseCount}").ToString();
    }

    /// <summary>What identifies a connection and its state, without numbers that change by themselves.</summary>
    public static string Line(ConntrackEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        StringBuilder text = new();
        AppendProtocol(text, entry.Original.Protocol);
        AppendBody(text, entry with { Counters = null });
        text.Append(CultureInfo.InvariantCulture, $" mark={entry.Mark}");
        AppendZone(text, entry.Zone);
        AppendHelper(text, entry);
        return text.ToString();
    }

    /// <summary>What a listener is told of an event: as <see cref="Line"/>, the mark only when it is set.</summary>
    /// <param name="kind"><c>NEW</c>, <c>UPDATE</c> or <c>DESTROY</c>.</param>
    /// <param name="entry">The connection.</param>
    public static string Event(string kind, ConntrackEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"[{kind}] ");
        AppendProtocol(text, entry.Original.Protocol);
        AppendBody(text, entry with { Counters = null });
        if (entry.Mark != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" mark={entry.Mark}");
        }
        AppendZone(text, entry.Zone);
        if (kind != "DESTROY")
        {
            AppendHelper(text, entry);
        }
        return text.ToString();
    }

    private static void AppendProtocol(StringBuilder text, byte protocol)
    {
        string? name = ProtocolName(protocol);
        text.Append(name).Append(CultureInfo.InvariantCulture, $"{(name is null ? $"unknown-{protocol}" : "")} ");
    }

    private static void AppendBody(StringBuilder text, ConntrackEntry entry)
    {
        string? state = entry.TcpState is { } tcp ? NameOf(tcp) : entry.SctpState is { } sctp ? NameOf(sctp) : null;
        text.Append(state).Append(state is null ? "" : " ");
        AppendTuple(text, entry.Original);
        AppendCounters(text, entry.Counters?.OriginalPackets, entry.Counters?.OriginalBytes);
        text.Append((entry.Status & ConnectionStatus.SeenReply) == 0 ? " [UNREPLIED] " : " ");
        AppendTuple(text, entry.Reply);
        AppendCounters(text, entry.Counters?.ReplyPackets, entry.Counters?.ReplyBytes);
        text.Append((entry.Status & ConnectionStatus.Assured) != 0 ? " [ASSURED]" : "");
    }

    internal static void AppendTuple(StringBuilder text, in ConnectionTuple tuple)
    {
        text.Append(CultureInfo.InvariantCulture, $"src={tuple.Source} dst={tuple.Destination}");
        switch (tuple.Protocol)
        {
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp:
                text.Append(CultureInfo.InvariantCulture, $" sport={tuple.SourcePort} dport={tuple.DestinationPort}");
                break;
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                text.Append(
                    CultureInfo.InvariantCulture, $" type={tuple.IcmpType} code={tuple.IcmpCode} id={tuple.SourcePort}");
                break;
            case IpProtocols.Gre:
                text.Append(
                    CultureInfo.InvariantCulture, $" srckey=0x{tuple.SourcePort:x} dstkey=0x{tuple.DestinationPort:x}");
                break;
        }
    }

    private static void AppendCounters(StringBuilder text, long? packets, long? bytes)
    {
        if (packets is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" packets={packets} bytes={bytes}");
        }
    }

    private static void AppendZone(StringBuilder text, ConntrackZone zone)
    {
        if (zone.Id != 0)
        {
            string name = zone.Directions switch
            {
                ConntrackZoneDirections.Original => "zone-orig",
                ConntrackZoneDirections.Reply => "zone-reply",
                _ => "zone",
            };
            text.Append(CultureInfo.InvariantCulture, $" {name}={zone.Id}");
        }
    }

    private static void AppendHelper(StringBuilder text, ConntrackEntry entry)
    {
        if (entry.Helper is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" helper={entry.Helper}");
        }
    }
}
