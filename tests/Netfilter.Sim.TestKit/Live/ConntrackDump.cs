using System.Net;
using System.Text;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Reads the connections of a namespace by ctnetlink, in the form of the recorded cases.</summary>
internal static class ConntrackDump
{
    private const int Subsystem = 1;
    private const int Get = 1;
    private const int Delete = 2;
    private const int SeenReply = 1 << 1;
    private const int Assured = 1 << 2;
    private const int Adjusted = 1 << 6;

    private static readonly string[] StatusNames =
    [
        "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE", "DYING",
        "FIXED_TIMEOUT", "TEMPLATE", "UNTRACKED", "HELPER", "OFFLOAD", "HW_OFFLOAD",
    ];

    private static readonly string[] TcpStates =
    [
        "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
    ];

    private static readonly string[] SctpStates =
    [
        "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
    ];

    /// <summary>Deletes every connection.</summary>
    public static void Flush(NetlinkSocket netlink) => netlink.Call("flush of connections", Subsystem, Delete, 0, 0);

    /// <summary>The connections of a family, sorted by their line.</summary>
    public static List<KernelConnection> Read(NetlinkSocket netlink, bool isIPv6) =>
        [.. netlink.DumpAll(Subsystem, Get, isIPv6 ? (byte)10 : (byte)2)
            .Select(bytes => Describe(new NetlinkAttributes(bytes)))
            .OrderBy(entry => entry.Line, StringComparer.Ordinal)];

    private static KernelConnection Describe(NetlinkAttributes entry)
    {
        uint status = entry.UInt32(3);
        NetlinkAttributes tcp = entry.In(4).In(1);
        bool hasTcp = entry.In(4).Has(1);
        byte[] labels = entry.Bytes(22);
        return new KernelConnection(Line(entry, status))
        {
            Status = string.Join(' ', StatusNames.Where((_, bit) => (status & (1u << bit)) != 0)),
            Timeout = entry.Has(7) ? entry.UInt32(7) : null,
            Wscale = hasTcp ? [tcp.Byte(2), tcp.Byte(3)] : null,
            Tcpflags = hasTcp ? [tcp.Byte(4), tcp.Byte(5)] : null,
            OrigPackets = entry.Has(9) ? entry.In(9).UInt64(1) : null,
            OrigBytes = entry.Has(9) ? entry.In(9).UInt64(2) : null,
            ReplyPackets = entry.Has(9) ? entry.In(10).UInt64(1) : null,
            ReplyBytes = entry.Has(9) ? entry.In(10).UInt64(2) : null,
            Labels = labels.Any(part => part != 0)
                ? [.. Enumerable.Range(0, labels.Length * 8).Where(bit => (labels[bit / 8] & (1 << (bit % 8))) != 0)]
                : null,
            Master = entry.Has(14) ? Tuple(entry.In(14)) : null,
            Seqadj = (status & Adjusted) != 0 ? Adjustments(entry) : null,
        };
    }

    private static string Line(NetlinkAttributes entry, uint status)
    {
        NetlinkAttributes original = entry.In(1), reply = entry.In(2);
        byte protocol = original.In(2).Byte(1);
        StringBuilder line = new(ProtocolName(protocol));
        NetlinkAttributes info = entry.In(4);
        AppendState(line, info, 1, TcpStates);
        AppendState(line, info, 3, SctpStates);
        line.Append(' ').Append(Tuple(original));
        line.Append((status & SeenReply) == 0 ? " [UNREPLIED] " : " ").Append(Tuple(reply));
        line.Append((status & Assured) != 0 ? " [ASSURED]" : "").Append(" mark=").Append(entry.UInt32(8));
        AppendNumber(line, " zone=", entry, 18);
        AppendNumber(line, " zone-orig=", original, 3);
        AppendNumber(line, " zone-reply=", reply, 3);
        return entry.Has(5) ? line.Append(" helper=").Append(entry.In(5).Text(1)).ToString() : line.ToString();
    }

    private static void AppendState(StringBuilder line, NetlinkAttributes info, int kind, string[] names)
    {
        if (info.Has(kind))
        {
            line.Append(' ').Append(names[info.In(kind).Byte(1)]);
        }
    }

    private static void AppendNumber(StringBuilder line, string word, NetlinkAttributes from, int type)
    {
        if (from.Has(type))
        {
            line.Append(word).Append(from.UInt16(type));
        }
    }

    private static string Tuple(NetlinkAttributes tuple)
    {
        NetlinkAttributes ip = tuple.In(1), protocol = tuple.In(2);
        string text = $"src={Address(ip, 1, 3)} dst={Address(ip, 2, 4)}";
        byte number = protocol.Byte(1);
        foreach (int id in (int[])[4, 7])
        {
            if (protocol.Has(id))
            {
                return $"{text} type={protocol.Byte(id + 1)} code={protocol.Byte(id + 2)} id={protocol.UInt16(id)}";
            }
        }
        if (number == 47)
        {
            return $"{text} srckey=0x{protocol.UInt16(2):x} dstkey=0x{protocol.UInt16(3):x}";
        }
        return protocol.Has(2) ? $"{text} sport={protocol.UInt16(2)} dport={protocol.UInt16(3)}" : text;
    }

    private static IPAddress Address(NetlinkAttributes ip, int type4, int type6) => new(ip.Bytes(ip.Has(type4) ? type4 : type6));

    private static Dictionary<string, IReadOnlyList<long>> Adjustments(NetlinkAttributes entry)
    {
        Dictionary<string, IReadOnlyList<long>> sides = [];
        foreach ((int type, string name) in (ReadOnlySpan<(int, string)>)[(15, "orig"), (16, "reply")])
        {
            if (entry.Has(type))
            {
                NetlinkAttributes side = entry.In(type);
                sides[name] = [side.UInt32(1), side.Int32(2), side.Int32(3)];
            }
        }
        return sides;
    }

    private static string ProtocolName(byte protocol) => protocol switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        47 => "gre",
        58 => "icmpv6",
        132 => "sctp",
        136 => "udplite",
        _ => $"unknown-{protocol}",
    };
}
