using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Tool;

/// <summary>Connections as <c>conntrack -o xml</c> writes them.</summary>
internal static class ConntrackXml
{
    public const string Header = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<conntrack>\n";
    public const string Footer = "</conntrack>\n";

    /// <summary>One connection.</summary>
    public static string Format(ConntrackEntry entry)
    {
        StringBuilder text = new("<flow>");
        ConnectionCounters? counters = entry.Counters;
        AppendTuple(text, "original", entry.Original, counters?.OriginalPackets, counters?.OriginalBytes);
        AppendTuple(text, "reply", entry.Reply, counters?.ReplyPackets, counters?.ReplyBytes);
        text.Append("<meta direction=\"independent\">");
        string? state = entry.TcpState is { } tcp ? ConnectionText.NameOf(tcp)
            : entry.SctpState is { } sctp ? ConnectionText.NameOf(sctp) : null;
        text.Append(state is null ? "" : $"<state>{state}</state>");
        text.Append(CultureInfo.InvariantCulture, $"<timeout>{entry.TimeoutSeconds}</timeout><mark>{entry.Mark}</mark>");
        text.Append(entry.Zone.Id == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"<zone>{entry.Zone.Id}</zone>"));
        text.Append(CultureInfo.InvariantCulture, $"<use>{entry.UseCount}</use><id>{ConntrackCommand.IdOf(entry)}</id>");
        text.Append((entry.Status & ConnectionStatus.Assured) != 0 ? "<assured/>" : "");
        text.Append((entry.Status & ConnectionStatus.SeenReply) == 0 ? "<unreplied/>" : "");
        text.Append(entry.AgeSeconds is { } age ? string.Create(CultureInfo.InvariantCulture, $"<deltatime>{age}</deltatime>") : "");
        return text.Append("</meta></flow>").ToString();
    }

    private static void AppendTuple(StringBuilder text, string direction, in ConnectionTuple tuple, long? packets, long? bytes)
    {
        bool isIPv4 = tuple.Family == IpFamily.IPv4;
        text.Append(CultureInfo.InvariantCulture, $"<meta direction=\"{direction}\">");
        text.Append(isIPv4 ? "<layer3 protonum=\"2\" protoname=\"ipv4\">" : "<layer3 protonum=\"10\" protoname=\"ipv6\">");
        text.Append(CultureInfo.InvariantCulture, $"<src>{tuple.Source}</src><dst>{tuple.Destination}</dst></layer3>");
        string name = ConnectionText.ProtocolName(tuple.Protocol) ?? "unknown";
        text.Append(CultureInfo.InvariantCulture, $"<layer4 protonum=\"{tuple.Protocol}\" protoname=\"{name}\">");
        if (tuple.Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp)
        {
            text.Append(CultureInfo.InvariantCulture, $"<sport>{tuple.SourcePort}</sport><dport>{tuple.DestinationPort}</dport>");
        }
        text.Append("</layer4>");
        if (packets is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"<counters><packets>{packets}</packets><bytes>{bytes}</bytes></counters>");
        }
        text.Append("</meta>");
    }
}
