using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Routes as <c>ip route</c> reads and prints them (iproute2 <c>iproute_modify</c>, <c>print_route</c>).</summary>
internal static class RouteText
{
    private static readonly string[] TypeNames =
        ["none", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"];

    public static Route Parse(string text, IpFamily? family)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(new IpArguments(text), family);
    }

    public static Route Parse(IpArguments arguments, IpFamily? family)
    {
        RouteType type = RouteType.Unicast;
        int typeIndex = Array.IndexOf(TypeNames, arguments.Peek);
        if (typeIndex > 0)
        {
            type = (RouteType)typeIndex;
            arguments.Next();
        }
        arguments.Skip("to");
        string destination = arguments.Next();
        (NetAddress? gateway, string? device, uint? table, byte? scope) = (null, null, null, null);
        Route route = new(default(NetPrefix)) { Type = type };
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            switch (word)
            {
                case "via":
                    arguments.Skip("inet");
                    arguments.Skip("inet6");
                    gateway = arguments.Address();
                    break;
                case "dev" or "oif":
                    device = arguments.Next();
                    break;
                case "table":
                    table = ParseTable(arguments.Next());
                    break;
                case "src":
                    route = route with { PreferredSource = arguments.Address() };
                    break;
                case "metric" or "priority" or "preference":
                    route = route with { Metric = arguments.Number() };
                    break;
                case "tos" or "dsfield":
                    route = route with { Tos = (byte)arguments.Number(255) };
                    break;
                case "scope":
                    scope = ParseScope(arguments.Next());
                    break;
                case "realm" or "realms":
                    route = route with { Realm = ParseRealm(arguments.Next()) };
                    break;
                case "proto" or "protocol":
                    route = route with { Protocol = ParseProtocol(arguments.Next()) };
                    break;
                case "mtu":
                    arguments.Skip("lock");
                    route = route with { Mtu = (int)arguments.Number(65535) };
                    break;
                case "onlink":
                    route = route with { IsOnLink = true };
                    break;
                case "pref" or "advmss" or "initcwnd" or "initrwnd" or "rtt" or "rttvar" or "rto_min" or "hoplimit" or "expires":
                    arguments.Next();
                    break;
                default:
                    throw new FormatException($"'{word}' is not something that a route takes.");
            }
        }
        IpFamily known = family ?? gateway?.Family ?? route.PreferredSource?.Family ?? IpFamily.IPv4;
        return route with
        {
            Destination = ParseDestination(destination, known),
            Gateway = gateway,
            Device = device,
            Table = table ?? DefaultTable(type),
            Scope = scope ?? DefaultScope(type, gateway, known),
        };
    }

    public static string Format(Route route)
    {
        StringBuilder text = new();
        if (route.Type != RouteType.Unicast)
        {
            text.Append(TypeNames[(int)route.Type]).Append(' ');
        }
        text.Append(FormatPrefix(route.Destination));
        if (route.Tos != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" tos 0x{route.Tos:x2}");
        }
        Append(text, "via", route.Gateway?.ToString());
        Append(text, "dev", route.Device);
        Append(text, "table", route.Table == RouteTables.Main ? null : FormatTable(route.Table));
        Append(text, "proto", route.Protocol switch { 2 => "kernel", 3 => null, 4 => "static", byte p => p.ToString(CultureInfo.InvariantCulture) });
        if (route.Family == IpFamily.IPv4)
        {
            Append(text, "scope", route.Scope switch
            {
                RouteScope.Universe => null,
                RouteScope.Link => "link",
                RouteScope.Host => "host",
                RouteScope.Nowhere => "nowhere",
                byte s => s.ToString(CultureInfo.InvariantCulture),
            });
        }
        Append(text, "src", route.PreferredSource?.ToString());
        Append(text, "realm", route.Realm == 0 ? null : FormatRealm(route.Realm));
        Append(text, "metric", route.Metric == 0 ? null : route.Metric.ToString(CultureInfo.InvariantCulture));
        Append(text, "mtu", route.Mtu == 0 ? null : route.Mtu.ToString(CultureInfo.InvariantCulture));
        return text.Append(route.IsOnLink ? " onlink" : "").ToString();
    }

    public static string FormatPrefix(NetPrefix prefix)
    {
        int full = prefix.Address.ByteCount * 8;
        return prefix.Length == 0 ? "default"
            : prefix.Length == full ? prefix.Address.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{prefix.Address}/{prefix.Length}");
    }

    public static uint ParseTable(string text) => text switch
    {
        "local" => RouteTables.Local,
        "main" => RouteTables.Main,
        "default" => RouteTables.Default,
        _ when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint table) => table,
        _ => throw new FormatException($"'{text}' is not a routing table."),
    };

    public static string FormatTable(uint table) => table switch
    {
        RouteTables.Local => "local",
        RouteTables.Main => "main",
        RouteTables.Default => "default",
        _ => table.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A realm as <c>[source/]destination</c>.</summary>
    public static uint ParseRealm(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        uint to = Number(text.AsSpan(slash + 1));
        return slash < 0 ? to : (Number(text.AsSpan(0, slash)) << 16) | to;

        uint Number(ReadOnlySpan<char> part) => part is "cosmos" ? 0 : uint.TryParse(part, out uint realm) && realm < 65536
            ? realm
            : throw new FormatException($"'{text}' is not a realm.");
    }

    public static string FormatRealm(uint realm) => realm >> 16 == 0
        ? realm.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{realm >> 16}/{realm & 0xffff}");

    /// <summary>A destination: <c>default</c>, <c>all</c>, an address, or a prefix whose missing octets are zeros.</summary>
    private static NetPrefix ParseDestination(string text, IpFamily family)
    {
        if (text is "default" or "any" or "all")
        {
            return new NetPrefix(new NetAddress(family, 0), 0);
        }
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string address = slash < 0 ? text : text[..slash];
        if (!address.Contains(':', StringComparison.Ordinal))
        {
            int missing = 3 - address.Count(c => c == '.');
            address += string.Concat(Enumerable.Repeat(".0", Math.Max(0, missing)));
        }
        return NetPrefix.Parse(slash < 0 ? address : address + text[slash..]);
    }

    private static uint DefaultTable(RouteType type) =>
        type is RouteType.Local or RouteType.Broadcast or RouteType.Anycast ? RouteTables.Local : RouteTables.Main;

    private static byte DefaultScope(RouteType type, NetAddress? gateway, IpFamily family)
    {
        if (family == IpFamily.IPv6)
        {
            return RouteScope.Universe;
        }
        return type switch
        {
            RouteType.Local => RouteScope.Host,
            RouteType.Broadcast or RouteType.Multicast or RouteType.Anycast => RouteScope.Link,
            RouteType.Unicast or RouteType.Unspecified => gateway is null ? RouteScope.Link : RouteScope.Universe,
            _ => RouteScope.Universe,
        };
    }

    public static byte ParseScope(string text) => text switch
    {
        "global" or "universe" => RouteScope.Universe,
        "site" => RouteScope.Site,
        "link" => RouteScope.Link,
        "host" => RouteScope.Host,
        "nowhere" => RouteScope.Nowhere,
        _ when byte.TryParse(text, out byte scope) => scope,
        _ => throw new FormatException($"'{text}' is not a scope."),
    };

    private static byte ParseProtocol(string text) => text switch
    {
        "redirect" => 1,
        "kernel" => 2,
        "boot" => 3,
        "static" => 4,
        _ when byte.TryParse(text, out byte protocol) => protocol,
        _ => byte.MaxValue,
    };

    private static void Append(StringBuilder text, string word, string? value)
    {
        if (value is not null)
        {
            text.Append(' ').Append(word).Append(' ').Append(value);
        }
    }
}
