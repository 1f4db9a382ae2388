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
        bool isNumber = text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
        if (isNumber && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
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
            return literal.Family == family ? [literal] : [];
        }
        if (family == IpFamily.IPv6 && WithoutScope(text) is { } unscoped)
        {
            return [unscoped];
        }
        if (family == IpFamily.IPv4 && TryInetAton(text, out uint bits))
        {
            return [new NetAddress(bits)];
        }
        return names.Hosts.TryGetValue(text, out NetAddress[]? addresses)
            ? [.. addresses.Where(address => address.Family == family)]
            : [];
    }

    // getaddrinfo takes an address with a scope, a number or the name of an interface; only lo is sure to exist.
    private static NetAddress? WithoutScope(string text)
    {
        int percent = text.IndexOf('%');
        ReadOnlySpan<char> scope = percent < 0 ? default : text.AsSpan(percent + 1);
        bool isScope = scope.SequenceEqual("lo") || (scope.Length > 0 && scope.IndexOfAnyExceptInRange('0', '9') < 0);
        return isScope && NetAddress.TryParse(text.AsSpan(0, percent), out NetAddress address) ? address : default(NetAddress?);
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
