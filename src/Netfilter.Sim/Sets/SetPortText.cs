using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Sets;

/// <summary>Ports with their protocol, and ICMP types, as the tool reads and writes them (<c>ipset/lib/parse.c ipset_parse_proto_port</c>).</summary>
internal static class SetPortText
{
    private static readonly (ushort Code, string Name)[] IcmpNames =
    [
        (0x0000, "echo-reply"), (0x0000, "pong"), (0x0300, "network-unreachable"), (0x0301, "host-unreachable"),
        (0x0302, "protocol-unreachable"), (0x0303, "port-unreachable"), (0x0304, "fragmentation-needed"),
        (0x0305, "source-route-failed"), (0x0306, "network-unknown"), (0x0307, "host-unknown"),
        (0x0309, "network-prohibited"), (0x030a, "host-prohibited"), (0x030b, "TOS-network-unreachable"),
        (0x030c, "TOS-host-unreachable"), (0x030d, "communication-prohibited"), (0x030e, "host-precedence-violation"),
        (0x030f, "precedence-cutoff"), (0x0400, "source-quench"), (0x0500, "network-redirect"), (0x0501, "host-redirect"),
        (0x0502, "TOS-network-redirect"), (0x0503, "TOS-host-redirect"), (0x0800, "echo-request"), (0x0800, "ping"),
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

    /// <summary>Writes <c>tcp:80</c>, <c>icmp:echo-request</c> or <c>gre:0</c>.</summary>
    public static string Format(byte protocol, ushort port)
    {
        string name = NameDatabase.Default.ProtocolName(protocol) ?? protocol.ToString(CultureInfo.InvariantCulture);
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
        int colon = SetElementText.Separator(text, ':');
        string name = colon < 0 ? "tcp" : text[..colon];
        string ports = text[(colon + 1)..];
        byte protocol = colon < 0 ? (byte)6 : ParseProtocol(name);
        switch (protocol)
        {
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.Sctp or IpProtocols.UdpLite:
                return bitmap && protocol is not (IpProtocols.Tcp or IpProtocols.Udp)
                    ? throw IpSetException.Syntax("Only protocols TCP and UDP are valid")
                    : ParseRange(bitmap ? (byte)0 : protocol, name, ports);
            case IpProtocols.Icmp when header.Family == IpFamily.IPv6:
                throw new IpSetException("Syntax error: Protocol ICMP can be used with family inet only", 1) { GoesOn = true };
            case IpProtocols.IcmpV6 when header.Family == IpFamily.IPv4:
                throw new IpSetException("Syntax error: Protocol ICMPv6 can be used with family inet6 only", 1) { GoesOn = true };
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                return [(protocol, ParseIcmp(protocol, ports))];
            default:
                return ports != "0"
                    ? throw IpSetException.Syntax($"Protocol {name} can be used with pseudo port value 0 only.")
                    : bitmap ? throw IpSetException.Syntax("Only protocols TCP and UDP are valid")
                    : protocol == 0 ? throw new IpSetException("Invalid protocol specified", 1) : [(protocol, 0)];
        }
    }

    private static IEnumerable<(byte Protocol, ushort Port)> ParseRange(byte stored, string protocol, string text)
    {
        int dash = SetElementText.Separator(text, '-');
        ushort first = ParsePort(protocol, dash < 0 ? text : text[..dash]);
        ushort last = dash < 0 ? first : ParsePort(protocol, text[(dash + 1)..]);
        (first, last) = (Math.Min(first, last), Math.Max(first, last));
        return Enumerable.Range(first, last - first + 1).Select(port => (stored, (ushort)port));
    }

    // A number, or a service of the protocol by the name that was given; a protocol that was given as a number is asked by its name.
    private static ushort ParsePort(string protocol, string text)
    {
        string bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        try
        {
            return (ushort)SetElementText.ParseUnsigned(bare, 0, ushort.MaxValue);
        }
        catch (IpSetException notANumber)
        {
            bool isNumber = CNumber.TryRead(protocol, out ulong number, 0, byte.MaxValue);
            string? name = isNumber ? NameDatabase.Default.ProtocolName((int)number) : protocol;
            if (name is not null && NameDatabase.Default.FindService(bare, name) is { } port)
            {
                return (ushort)port;
            }
            IpSetException failure = isNumber ? notANumber : notANumber.With($"Syntax error: '{protocol}' is invalid as number");
            throw new IpSetException($"{failure.Message}\ncannot parse '{bare}' as a {protocol} port", 1) { HidesLine = true };
        }
    }

    private static byte ParseProtocol(string text)
    {
        string name = text.Equals("icmpv6", StringComparison.OrdinalIgnoreCase) ? "ipv6-icmp" : text;
        if (NameDatabase.Default.FindProtocol(name) is { } known)
        {
            byte lowest = unchecked((byte)known);
            return lowest != 0 ? lowest : throw IpSetException.Syntax($"Unsupported protocol '{text}'");
        }
        return CNumber.TryRead(text, out ulong value, 0, byte.MaxValue)
            ? (byte)value
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
        int slash = SetElementText.Separator(text, '/');
        return slash >= 0
            ? (ushort)((SetElementText.ParseNumber(text[..slash], 0, byte.MaxValue) << 8)
                | SetElementText.ParseNumber(text[(slash + 1)..], 0, byte.MaxValue))
            : throw new IpSetException($"Cannot parse {text} as an {(protocol == IpProtocols.Icmp ? "ICMP" : "ICMPv6")} type/code.", 1);
    }

    private static string FormatIcmp((ushort Code, string Name)[] names, ushort code) =>
        names.FirstOrDefault(known => known.Code == code).Name
        ?? string.Create(CultureInfo.InvariantCulture, $"{code >> 8}/{code & 255}");
}
