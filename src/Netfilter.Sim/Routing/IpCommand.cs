using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>
/// The <c>ip</c> command (iproute2) against a namespace: <c>address</c>, <c>link</c>, <c>route</c>, <c>rule</c> and
/// <c>neighbour</c> with what changes things, and <c>route</c> and <c>rule</c> <c>show</c>.
/// </summary>
internal sealed class IpCommand(NetworkNamespace host)
{
    private const int KernelRefused = 2;
    private const int WrongUse = 255;

    /// <summary>Runs a command.</summary>
    /// <param name="words">The words after <c>ip</c>.</param>
    public (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        IpArguments arguments = new([.. words]);
        try
        {
            IpFamily? family = ReadFamily(arguments);
            string what = arguments.Next();
            return (Run(what, arguments, family), "", 0);
        }
        catch (InvalidOperationException refused)
        {
            return ("", refused.Message + "\n", KernelRefused);
        }
        catch (FormatException wrong)
        {
            return ("", $"Error: {wrong.Message}\n", WrongUse);
        }
    }

    private static IpFamily? ReadFamily(IpArguments arguments)
    {
        IpFamily? family = null;
        while (arguments.Peek?.StartsWith('-') == true)
        {
            family = arguments.Next() switch
            {
                "-4" => IpFamily.IPv4,
                "-6" => IpFamily.IPv6,
                string option => throw new FormatException($"Option \"{option}\" is unknown, try \"ip -help\"."),
            };
        }
        return family;
    }

    private string Run(string what, IpArguments arguments, IpFamily? family) => what switch
    {
        _ when IsShort(what, "address") => RunAddress(arguments),
        _ when IsShort(what, "link") => RunLink(arguments),
        _ when what.Length > 1 && IsShort(what, "route") => RunRoute(arguments, family),
        _ when what.Length > 1 && IsShort(what, "rule") => RunRule(arguments, family),
        _ when IsShort(what, "neighbour") || IsShort(what, "neighbor") => RunNeighbour(arguments),
        _ => throw new FormatException($"Object \"{what}\" is unknown, try \"ip help\"."),
    };

    private static bool IsShort(string word, string full) =>
        word.Length > 0 && full.StartsWith(word, StringComparison.Ordinal);

    private string RunAddress(IpArguments arguments)
    {
        string verb = arguments.HasMore ? arguments.Next() : "show";
        if (IsShort(verb, "flush"))
        {
            arguments.Skip("dev");
            NetDevice device = Find(arguments.Next());
            foreach (InterfaceAddress known in device.Addresses.Where(known => !known.IsSecondary))
            {
                host.RemoveAddress(device.Name, known.ToString());
            }
            return "";
        }
        (InterfaceAddress address, string name) = ReadAddress(arguments);
        NetDevice target = Find(name);
        InterfaceAddress? present = target.Addresses.FirstOrDefault(known => known.Address == address.Address
            && (known.PrefixLength == address.PrefixLength || address.Address.Family == IpFamily.IPv6));
        if (IsShort(verb, "add"))
        {
            Refuse(present is not null, "RTNETLINK answers: File exists");
            host.AddAddress(name, address);
        }
        else if (verb is "replace" || IsShort(verb, "change"))
        {
            if (present is null)
            {
                host.AddAddress(name, address);
            }
        }
        else if (IsShort(verb, "delete"))
        {
            Refuse(present is null, "RTNETLINK answers: Cannot assign requested address");
            host.RemoveAddress(name, present!.ToString());
        }
        else
        {
            throw new FormatException($"Command \"{verb}\" is unknown, try \"ip address help\".");
        }
        return "";
    }

    private static (InterfaceAddress Address, string Device) ReadAddress(IpArguments arguments)
    {
        (InterfaceAddress? address, string? device) = (null, null);
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            switch (word)
            {
                case "dev":
                    device = arguments.Next();
                    break;
                case "brd" or "broadcast":
                    address = WithBroadcast(address!, arguments.Next());
                    break;
                case "peer":
                    InterfaceAddress peer = InterfaceAddress.Parse(arguments.Next());
                    address = address! with { Peer = peer.Address, PrefixLength = peer.PrefixLength };
                    break;
                case "scope":
                    address = address! with { Scope = RouteText.ParseScope(arguments.Next()) };
                    break;
                case "noprefixroute":
                    address = address! with { HasNoPrefixRoute = true };
                    break;
                case "nodad" or "home" or "mngtmpaddr" or "autojoin" or "optimistic":
                    break;
                case "label" or "valid_lft" or "metric" or "proto":
                    arguments.Next();
                    break;
                case "preferred_lft":
                    address = address! with { IsDeprecated = arguments.Next() == "0" };
                    break;
                default:
                    address = InterfaceAddress.Parse(word == "local" ? arguments.Next() : word);
                    break;
            }
        }
        return address is not null && device is not null
            ? (address, device)
            : throw new FormatException("Not enough information: \"dev\" argument is required.");
    }

    private static InterfaceAddress WithBroadcast(InterfaceAddress address, string text)
    {
        uint network = address.Network.Address.IPv4Bits, mask = address.Network.Mask.IPv4Bits;
        return address with
        {
            Broadcast = text switch
            {
                "+" => new NetAddress(network | ~mask),
                "-" => new NetAddress(network),
                _ => NetAddress.Parse(text),
            },
        };
    }

    private string RunLink(IpArguments arguments)
    {
        string verb = arguments.Next();
        if (IsShort(verb, "delete"))
        {
            arguments.Skip("dev");
            host.RemoveInterface(Find(arguments.Next()).Name);
            return "";
        }
        if (IsShort(verb, "add"))
        {
            AddLink(arguments);
            return "";
        }
        if (!IsShort(verb, "set"))
        {
            throw new FormatException($"Command \"{verb}\" is unknown, try \"ip link help\".");
        }
        arguments.Skip("dev");
        string name = Find(arguments.Next()).Name;
        while (arguments.HasMore)
        {
            SetLink(name, arguments.Next(), arguments);
        }
        return "";
    }

    private void AddLink(IpArguments arguments)
    {
        (string? name, NetDeviceKind kind) = (null, NetDeviceKind.Ethernet);
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            if (word == "type")
            {
                kind = arguments.Next() switch
                {
                    "dummy" => NetDeviceKind.Ethernet,
                    "bridge" => NetDeviceKind.Bridge,
                    string type => throw new FormatException($"links of type \"{type}\" are not modelled."),
                };
            }
            else
            {
                name = word is "dev" or "name" ? arguments.Next() : word;
            }
        }
        Refuse(name is not null && host.Configuration.FindDevice(name) is not null, "RTNETLINK answers: File exists");
        host.AddInterface(new NetDevice(0, name ?? throw new FormatException("a name is required."), kind) { IsUp = false });
    }

    private void SetLink(string name, string word, IpArguments arguments)
    {
        NetDevice device = host.Interface(name);
        switch (word)
        {
            case "up":
                host.SetUp(name);
                break;
            case "down":
                host.SetDown(name);
                break;
            case "mtu":
                host.Change(device with { Mtu = (int)arguments.Number(65536) });
                break;
            case "group":
                host.Change(device with { Group = arguments.Number() });
                break;
            case "address":
                host.Change(device with { MacAddress = ParseMac(arguments.Next()) });
                break;
            case "master":
                host.Change(device with { MasterIndex = Find(arguments.Next()).Index });
                break;
            case "nomaster":
                host.Change(device with { MasterIndex = 0 });
                break;
            case "type":
                arguments.Skip("bridge_slave");
                break;
            case "hairpin":
                host.Change(device with { Hairpin = arguments.Next() == "on" });
                break;
            default:
                throw new FormatException($"\"{word}\" of a link is not modelled.");
        }
    }

    /// <summary>Reads six hexadecimal bytes with colons between them.</summary>
    internal static ulong ParseMac(string text)
    {
        string[] bytes = text.Split(':');
        ulong mac = 0;
        foreach (string part in bytes)
        {
            if (bytes.Length != 6 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                throw new FormatException($"\"{text}\" is not an Ethernet address.");
            }
            mac = (mac << 8) | value;
        }
        return mac;
    }

    private string RunRoute(IpArguments arguments, IpFamily? family)
    {
        string verb = arguments.HasMore ? arguments.Next() : "show";
        if (IsShort(verb, "show") || verb is "list" or "lst" or "ls")
        {
            return ShowRoutes(arguments, family ?? IpFamily.IPv4);
        }
        if (IsShort(verb, "flush"))
        {
            FlushRoutes(arguments, family ?? IpFamily.IPv4);
            return "";
        }
        Route route = RouteText.Parse(arguments, family);
        switch (verb)
        {
            case "add" or "a":
                host.Routes.Add(route);
                break;
            case "replace" or "change" or "chg":
                host.Routes.Replace(route);
                break;
            case "append" or "prepend":
                host.Routes.Append(route);
                break;
            case "del" or "delete":
                host.Routes.Remove(route);
                break;
            default:
                throw new FormatException($"Command \"{verb}\" is unknown, try \"ip route help\".");
        }
        return "";
    }

    private string ShowRoutes(IpArguments arguments, IpFamily family)
    {
        uint? table = ReadTable(arguments);
        StringBuilder text = new();
        foreach (Route route in host.Routes.Where(route => route.Family == family && (table is null || route.Table == table)))
        {
            text.Append((route with { Table = table is null ? route.Table : RouteTables.Main }).ToString()).Append('\n');
        }
        return text.ToString();
    }

    private void FlushRoutes(IpArguments arguments, IpFamily family)
    {
        uint? table = ReadTable(arguments);
        host.Configuration = host.Configuration.WithoutRoutes(route => route.Family == family && (table is null || route.Table == table));
    }

    /// <summary>The table that is asked for: main unless told; null for all.</summary>
    private static uint? ReadTable(IpArguments arguments)
    {
        uint? table = RouteTables.Main;
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            if (word != "table")
            {
                throw new FormatException($"choosing routes by \"{word}\" is not modelled.");
            }
            table = arguments.Skip("all") ? null : RouteText.ParseTable(arguments.Next());
        }
        return table;
    }

    private string RunRule(IpArguments arguments, IpFamily? family)
    {
        string verb = arguments.HasMore ? arguments.Next() : "show";
        if (IsShort(verb, "add"))
        {
            host.Rules.Add(PolicyRuleText.Parse(arguments, family, out bool hasPriority), hasPriority);
        }
        else if (IsShort(verb, "delete"))
        {
            host.Rules.Remove(PolicyRuleText.Parse(arguments, family, out bool hasPriority), hasPriority);
        }
        else if (IsShort(verb, "flush"))
        {
            while (host.Configuration.WithoutRule(rule => rule.Family == (family ?? IpFamily.IPv4) && rule.Priority != 0) is { } less)
            {
                host.Configuration = less;
            }
        }
        else if (IsShort(verb, "show") || verb is "list" or "lst" or "ls")
        {
            return string.Concat(host.Rules.Where(rule => rule.Family == (family ?? IpFamily.IPv4)).Select(rule => rule + "\n"));
        }
        else
        {
            throw new FormatException($"Command \"{verb}\" is unknown, try \"ip rule help\".");
        }
        return "";
    }

    private string RunNeighbour(IpArguments arguments)
    {
        string verb = arguments.Next();
        (NetAddress? address, string? device, ulong mac) = (null, null, 0);
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            switch (word)
            {
                case "dev":
                    device = arguments.Next();
                    break;
                case "lladdr":
                    mac = ParseMac(arguments.Next());
                    break;
                case "nud":
                    arguments.Next();
                    break;
                default:
                    address = NetAddress.Parse(word == "to" ? arguments.Next() : word);
                    break;
            }
        }
        if (address is null || device is null)
        {
            throw new FormatException("Device and destination are required arguments.");
        }
        if (IsShort(verb, "delete"))
        {
            host.RemoveNeighbour(address.Value, Find(device).Name);
        }
        else
        {
            host.SetNeighbour(address.Value, Find(device).Name, mac);
        }
        return "";
    }

    private NetDevice Find(string name) => host.Configuration.FindDevice(name)
        ?? throw new FormatException($"Cannot find device \"{name}\"");

    private static void Refuse(bool condition, string answer)
    {
        if (condition)
        {
            throw new InvalidOperationException(answer);
        }
    }
}
