using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>The parsing routines that iptables' extensions share (<c>libxtables/xtables.c</c>), with their messages.</summary>
public static class NameParser
{
    private static readonly (string Name, int Number)[] BuiltInProtocols =
    [
        ("tcp", 6), ("sctp", 132), ("udp", 17), ("udplite", 136), ("icmp", 1), ("icmpv6", 58), ("ipv6-icmp", 58),
        ("esp", 50), ("ah", 51), ("ipv6-mh", 135), ("mh", 135), ("all", 0),
    ];

    /// <summary>A protocol by number 0 to 255 or by name (<c>xtables_parse_protocol</c>).</summary>
    public static ushort Protocol(string text, NameDatabase names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (CNumber.TryRead(text, out ulong number, 0, byte.MaxValue))
        {
            return (ushort)number;
        }
        if (names.FindProtocol(text) is { } known)
        {
            return (ushort)known;
        }
        foreach ((string name, int value) in BuiltInProtocols)
        {
            if (string.Equals(name, text, StringComparison.Ordinal))
            {
                return (ushort)value;
            }
        }
        throw OptionCall.Error($"unknown protocol \"{text}\" specified");
    }

    /// <summary>The name that <c>-p</c> is printed with, or null when it is printed as a number.</summary>
    /// <param name="number">The protocol.</param>
    /// <param name="names">The names.</param>
    public static string? ProtocolName(int number, NameDatabase names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.ProtocolName(number) is { } known)
        {
            return known;
        }
        foreach ((string name, int value) in BuiltInProtocols)
        {
            if (value == number)
            {
                return name;
            }
        }
        return null;
    }

    /// <summary>Whether the tool knows a protocol without asking <c>/etc/protocols</c> (<c>xtables_chain_protos</c>).</summary>
    internal static bool IsBuiltInProtocol(int number) => Array.Exists(BuiltInProtocols, known => known.Number == number);

    /// <summary>A port 0 to 65535 by number or by a service's name of one protocol (<c>xtables_parse_port</c>).</summary>
    public static ushort Port(string text, string? protocol, NameDatabase names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (CNumber.TryRead(text, out ulong number, 0, ushort.MaxValue))
        {
            return (ushort)number;
        }
        return (ushort?)names.FindService(text, protocol)
            ?? throw OptionCall.Error($"invalid port/service `{text}' specified");
    }

    /// <summary>A port of any protocol as <c>getaddrinfo</c> gives it: numbers keep their lowest 16 bits.</summary>
    public static ushort LoosePort(string text, NameDatabase names)
    {
        ArgumentNullException.ThrowIfNull(names);
        // gaih_inet: strtoul into an int; what comes out negative is looked up as a name.
        if (CNumber.TryReadDecimal(text, out ulong number) && unchecked((int)number) >= 0)
        {
            return unchecked((ushort)number);
        }
        return (ushort?)names.FindService(text, null)
            ?? throw OptionCall.Error($"Port \"{text}\" does not resolve to anything.\n");
    }

    /// <summary>A port's name for <c>-L</c>, or its number.</summary>
    public static string PortName(ushort port, string? protocol, in PrintContext context) =>
        (context.IsNumeric ? null : context.Environment.Names.ServiceName(port, protocol))
        ?? port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The addresses of a host's name or literal, of one family; empty when there are none.</summary>
    public static IReadOnlyList<NetAddress> Resolve(string text, IpFamily family, NameDatabase names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (NetAddress.TryParse(text, out NetAddress literal))
        {
            return literal.Family == family ? [literal] : family == IpFamily.IPv4 && IsMapped(literal) ? [new((uint)literal.Bits)] : [];
        }
        if (family == IpFamily.IPv6 && TryScoped(text, out NetAddress unscoped, out bool isKnown) && isKnown)
        {
            return [unscoped];
        }
        if (family == IpFamily.IPv4 && TryInetAton(text, out uint bits))
        {
            return [new NetAddress(bits)];
        }
        foreach ((string name, NetAddress[] addresses) in names.Hosts)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return [.. addresses.Where(address => address.Family == family)];
            }
        }
        return [];
    }

    /// <summary>What <c>getaddrinfo</c> of the GNU C library says of a text that <see cref="Resolve"/> knows nothing of.</summary>
    internal static string WhyUnresolved(string text, IpFamily family)
    {
        bool isOfOther = family == IpFamily.IPv4
            ? (NetAddress.TryParse(text, out NetAddress other) && other.Family != family) || TryScoped(text, out _, out _)
            : TryInetAton(text, out _);
        if (isOfOther)
        {
            return "Address family for hostname not supported";
        }

        // No name server is asked for what cannot be a host's name, nor for what looks like an IPv4 address.
        bool looksNumeric = family == IpFamily.IPv4 && char.IsAsciiDigit(text.FirstOrDefault()) && !text.EndsWith('.')
            && text.All(c => char.IsAsciiDigit(c) || c == '.');
        return looksNumeric || !IsHostName(text) ? "Name or service not known" : "Temporary failure in name resolution";
    }

    // Labels of letters, digits, - and _; a backslash takes the next character as it stands (res_hnok).
    private static bool IsHostName(string text)
    {
        const int maxLabel = 63, maxName = 253;
        int label = 0, length = 0;
        for (int i = 0; i < text.Length; i++, length++)
        {
            if (text[i] == '.' && text.Length > 1)
            {
                if (label == 0)
                {
                    return false;
                }
                label = 0;
                continue;
            }
            i += text[i] == '\\' ? 1 : 0;
            bool isAllowed = i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '-' or '_' || text.Length == 1 && text[0] == '.');
            if (!isAllowed || (length == 0 && text[i] == '-') || ++label > maxLabel)
            {
                return false;
            }
        }
        return length > 0 && length - (text[^1] == '.' ? 1 : 0) <= maxName;
    }

    private static bool IsMapped(NetAddress address) => address.Bits >> 32 == 0xffff;

    // getaddrinfo takes an address with a scope: a number, or on a link the name of an interface, of which only lo is sure to exist.
    private static bool TryScoped(string text, out NetAddress address, out bool isKnown)
    {
        address = default;
        isKnown = false;
        int percent = text.IndexOf('%');
        if (percent < 0 || !NetAddress.TryParse(text.AsSpan(0, percent), out address) || address.Family != IpFamily.IPv6)
        {
            return false;
        }
        ReadOnlySpan<char> scope = text.AsSpan(percent + 1);
        bool isOnLink = address.Bits >> 118 == 0x3fa || (address.Bits >> 112 & 0xff0f) == 0xff02;
        isKnown = (isOnLink && scope.SequenceEqual("lo")) || (scope.Length > 0 && uint.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return true;
    }

    /// <summary>
    /// Up to four numbers of any base (<c>xtables_numeric_to_ipaddr</c>, <c>xtables_numeric_to_ipmask</c>); of an address, missing
    /// ones at the end are zero.
    /// </summary>
    internal static bool TryDotted(string text, bool isMask, out NetAddress address)
    {
        address = default;
        string[] parts = ByteText.Cut(text, 19).Split('.', 4);
        if (isMask && parts.Length < 4)
        {
            return false;
        }
        uint bits = 0;
        for (int i = 0; i < 4; i++)
        {
            ulong octet = 0;
            if (i < parts.Length && !CNumber.TryRead(parts[i], out octet, 0, byte.MaxValue))
            {
                return false;
            }
            bits = (bits << 8) | (uint)octet;
        }
        address = new NetAddress(bits);
        return true;
    }

    /// <summary>Up to four numbers of any base, the last filling the rest (<c>inet_aton</c>).</summary>
    public static bool TryInetAton(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        int shift = 32;
        while (true)
        {
            int dot = text.IndexOf('.');
            ReadOnlySpan<char> part = dot < 0 ? text : text[..dot];
            ulong limit = dot >= 0 ? 255 : (1UL << shift) - 1;
            bool isDigit = part.Length > 0 && char.IsAsciiDigit(part[0]);
            if (!isDigit || !CNumber.TryRead(part, out ulong value, 0, limit))
            {
                return false;
            }
            if (dot < 0)
            {
                bits |= (uint)value;
                return true;
            }
            shift -= 8;
            if (shift == 0)
            {
                return false;
            }
            bits |= (uint)value << shift;
            text = text[(dot + 1)..];
        }
    }
}
