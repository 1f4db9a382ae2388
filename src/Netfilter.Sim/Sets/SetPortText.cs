using System.Globalization;

namespace Netfilter.Sim.Sets;

/// <summary>Ports with their protocol, and ICMP types, as the tool reads and writes them (<c>ipset/lib/parse.c ipset_parse_proto_port</c>).</summary>
internal static class SetPortText
{
    private static readonly (byte Number, string Name)[] Protocols =
    [
        (1, "icmp"), (2, "igmp"), (3, "ggp"), (4, "ipencap"), (6, "tcp"), (8, "egp"), (17, "udp"), (33, "dccp"), (41, "ipv6"),
        (47, "gre"), (50, "esp"), (51, "ah"), (58, "ipv6-icmp"), (88, "eigrp"), (89, "ospf"), (94, "ipip"), (97, "etherip"),
        (103, "pim"), (108, "ipcomp"), (112, "vrrp"), (115, "l2tp"), (124, "isis"), (132, "sctp"),
        (135, "mobility-header"), (136, "udplite"), (137, "mpls-in-ip"),
    ];

    private static readonly (ushort Code, string Name)[] IcmpNames =
    [
        (0x0000, "echo-reply"), (0x0300, "network-unreachable"), (0x0301, "host-unreachable"),
        (0x0302, "protocol-unreachable"), (0x0303, "port-unreachable"), (0x0304, "fragmentation-needed"),
        (0x0305, "source-route-failed"), (0x0306, "network-unknown"), (0x0307, "host-unknown"),
        (0x0309, "network-prohibited"), (0x030a, "host-prohibited"), (0x030b, "TOS-network-unreachable"),
        (0x030c, "TOS-host-unreachable"), (0x030d, "communication-prohibited"), (0x030e, "host-precedence-violation"),
        (0x030f, "precedence-cutoff"), (0x0400, "source-quench"), (0x0500, "network-redirect"), (0x0501, "host-redirect"),
        (0x0502, "TOS-network-redirect"), (0x0503, "TOS-host-redirect"), (0x0800, "echo-request"),
        (0x0900, "router-advertisement"), (0x0a00, "router-solicitation"), (0x0b00, "ttl-zero-during-transit"),
        (0x0b01, "ttl-zero-during-reassembly"), (0x0c00, "ip-header-bad"), (0x0c01, "required-option-missing"),
        (0x0d00, "timestamp-request"), (0x0e00, "timestamp-reply"), (0x1100, "address-mask-request"),
        (0x1200, "address-mask-reply"),
    ];

    private static readonly (ushort Code, string Name)[] Icmpv6Names =
    [
        (0x0100, "no-route"), (0x0101, "communication-prohibited"), (0x0103, "address-unreachable"), (0x0104, "port-unreachable"),
        (0x0200, "packet-too-big"), (0x0300, "ttl-zero-during-transit"), (0x0301, "ttl-zero-during-reassembly"),
        (0x0400, "bad-header"), (0x0401, "unknown-header-type"), (0x0402, "unknown-option"), (0x8000, "echo-request"),
        (0x8100, "echo-reply"), (0x8500, "router-solicitation"), (0x8600, "router-advertisement"),
        (0x8700, "neighbour-solicitation"), (0x8800, "neighbour-advertisement"), (0x8900, "redirect"),
    ];

    private static readonly (ushort Port, string Name)[] Services =
    [
        (20, "ftp-data"), (21, "ftp"), (22, "ssh"), (23, "telnet"), (25, "smtp"), (53, "domain"), (67, "bootps"),
        (68, "bootpc"), (69, "tftp"), (80, "http"), (110, "pop3"), (123, "ntp"), (143, "imap2"), (161, "snmp"),
        (443, "https"), (514, "syslog"), (993, "imaps"), (995, "pop3s"), (3306, "mysql"), (5432, "postgresql"),
    ];

    /// <summary>Writes <c>tcp:80</c>, <c>icmp:echo-request</c> or <c>gre:0</c>.</summary>
    public static string Format(byte protocol, ushort port)
    {
        string name = Protocols.FirstOrDefault(known => known.Number == protocol).Name
            ?? protocol.ToString(CultureInfo.InvariantCulture);
        return $"{name}:{protocol switch
        {
            1 => FormatIcmp(IcmpNames, port),
            58 => FormatIcmp(Icmpv6Names, port),
            _ => port.ToString(CultureInfo.InvariantCulture),
        }}";
    }

    /// <summary>Reads <c>[protocol:]port[-port]</c>; without a protocol it is TCP, and in a <c>bitmap:port</c> there is none.</summary>
    public static IEnumerable<(byte Protocol, ushort Port)> Parse(IpSetHeader header, string text)
    {
        bool bitmap = header.Type.IsBitmap;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        byte protocol = colon < 0 ? (byte)6 : ParseProtocol(text[..colon]);
        string ports = text[(colon + 1)..];
        switch (protocol)
        {
            case 1 or 58:
                return [(protocol, ParseIcmp(protocol, ports))];
            case 6 or 17 or 132 or 136:
                return ParseRange(bitmap ? (byte)0 : protocol, protocol, ports);
            default:
                if (ports != "0")
                {
                    throw IpSetException.Syntax($"Protocol {text[..colon]} can be used with pseudo port value 0 only.");
                }
                return [(protocol, 0)];
        }
    }

    private static IEnumerable<(byte Protocol, ushort Port)> ParseRange(byte stored, byte protocol, string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        ushort first = ParsePort(protocol, dash < 0 ? text : text[..dash]);
        ushort last = dash < 0 ? first : ParsePort(protocol, text[(dash + 1)..]);
        (first, last) = (Math.Min(first, last), Math.Max(first, last));
        return Enumerable.Range(first, last - first + 1).Select(port => (stored, (ushort)port));
    }

    private static ushort ParsePort(byte protocol, string text)
    {
        try
        {
            return (ushort)SetElementText.ParseUnsigned(text, 0, 65535);
        }
        catch (IpSetException notANumber)
        {
            foreach ((ushort port, string name) in Services)
            {
                if (name == text)
                {
                    return port;
                }
            }
            string protocolName = Protocols.First(known => known.Number == protocol).Name;
            throw new IpSetException(
                $"{notANumber.Message}\nSyntax error: '{protocolName}' is invalid as number\n"
                + $"cannot parse '{text}' as a {protocolName} port",
                1);
        }
    }

    private static byte ParseProtocol(string text)
    {
        string name = text switch { "icmpv6" => "ipv6-icmp", _ => text };
        foreach ((byte number, string known) in Protocols)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return number;
            }
        }
        return byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte value) && value != 0
            ? value
            : throw IpSetException.Syntax($"cannot parse '{text}' as a protocol");
    }

    private static ushort ParseIcmp(byte protocol, string text)
    {
        foreach ((ushort code, string name) in protocol == 1 ? IcmpNames : Icmpv6Names)
        {
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
            {
                return code;
            }
        }
        string[] numbers = text.Split('/');
        return numbers.Length == 2
            && byte.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte type)
            && byte.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out byte kind)
            ? (ushort)((type << 8) | kind)
            : throw new IpSetException($"Cannot parse {text} as an {(protocol == 1 ? "ICMP" : "ICMPv6")} type/code.", 1);
    }

    private static string FormatIcmp((ushort Code, string Name)[] names, ushort code) =>
        names.FirstOrDefault(known => known.Code == code).Name
        ?? string.Create(CultureInfo.InvariantCulture, $"{code >> 8}/{code & 255}");
}
