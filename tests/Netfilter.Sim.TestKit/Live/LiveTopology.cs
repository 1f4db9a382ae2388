using System.Text.Json;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>A random router between a LAN (eth0), the world (eth1) and a DMZ (eth2), and the addresses that matter on it.</summary>
public sealed record LiveTopology
{
    /// <summary>The ports that rules and packets share.</summary>
    public static readonly IReadOnlyList<int> Ports = [22, 53, 80, 443, 8080, 5000];

    private static readonly string[] AllTables = ["raw", "mangle", "nat", "filter", "security"];

    public required KernelHostSetup Host { get; init; }

    public required bool IsIPv6 { get; init; }

    /// <summary>The tables that are loaded; a table that was loaded once stays.</summary>
    public required IReadOnlyList<string> Tables { get; init; }

    /// <summary>Prefixes of the three networks, without the host's number.</summary>
    public required IReadOnlyList<string> Networks { get; init; }

    /// <summary>Beginning of far addresses.</summary>
    public required string Far { get; init; }

    /// <summary>The host's own addresses, one an interface.</summary>
    public IReadOnlyList<string> Own => [At(0, 1), At(1, 1), At(2, 1)];

    /// <summary>Hosts that send and receive.</summary>
    public IReadOnlyList<string> Clients => [At(0, 2), At(0, 3), At(0, 4), At(0, 130)];

    /// <summary>Hosts that are sent to.</summary>
    public IReadOnlyList<string> Servers => [At(1, 2), At(1, 3), FarHost(1), At(2, 2), At(2, 3), FarHost(77)];

    /// <summary>
    /// Whether what happened in one case can be seen in the next on the same host: the kernel counts, for each sender, the errors about
    /// routes that refuse (<c>ip_error</c>).
    /// </summary>
    public bool RemembersErrors => !IsIPv6 && Host.Routes.Any(route => route.Type is "unreachable" or "prohibit");

    /// <summary>Length of the networks' prefixes.</summary>
    public int PrefixLength => IsIPv6 ? 64 : 24;

    /// <summary>Length of an address in bits.</summary>
    public int Bits => IsIPv6 ? 128 : 32;

    /// <summary>A host of a network.</summary>
    public string At(int network, int number) => Networks[network] + (IsIPv6 ? $"{number:x}" : $"{number}");

    /// <summary>A host behind the default route.</summary>
    public string FarHost(int number) => Far + (IsIPv6 ? $"{number:x}" : $"{number}");

    /// <summary>Makes one.</summary>
    public static LiveTopology Make(LiveSource source)
    {
        bool v6 = source.IsIPv6;
        int[] ids = [source.Between(1, 80), source.Between(81, 160), source.Between(161, 249)];
        string[] networks = v6
            ? [$"fd00:{ids[0]:x}::", $"2001:db8:{ids[1]:x}::", $"fd00:{ids[2] + 256:x}::"]
            : [$"10.{ids[0]}.{ids[1]}.", $"203.0.{ids[2]}.", $"172.16.{ids[2]}."];
        LiveTopology topology = new()
        {
            IsIPv6 = v6,
            Networks = networks,
            Far = v6 ? $"2001:4860:{ids[0]:x}::" : $"8.8.{ids[0]}.",
            Tables = source.Percent(60) ? AllTables : [.. AllTables.Where(table => table == "filter" || source.Percent(60))],
            Host = new KernelHostSetup(),
        };
        source.Addresses = [.. topology.Clients, .. topology.Servers, .. topology.Own];
        return topology with { Host = topology.Setup(source) };
    }

    private KernelHostSetup Setup(LiveSource source)
    {
        bool answers = source.Percent(40);
        bool hasPolicy = source.Percent(50);
        return new KernelHostSetup
        {
            Interfaces = [.. Enumerable.Range(0, 3).Select(number => Interface(number, source))],
            Routes = [.. Routes(source, hasPolicy)],
            Rules = hasPolicy ? [$"fwmark 0x2/0xf lookup 100", $"from {At(0, 4)}/{Bits} lookup 101"] : [],
            Sysctls = Sysctls(source),
            LocalStack = answers ? "answer" : "sink",
            Listeners = source.Percent(50) ? Listeners(answers) : [],
        };
    }

    private KernelInterface Interface(int number, LiveSource source)
    {
        List<string> addresses = [$"{At(number, 1)}/{PrefixLength}"];
        if (number == 1 && source.Percent(50))
        {
            addresses.Add($"{At(1, 99)}/{PrefixLength}");
        }
        return new KernelInterface
        {
            Name = $"eth{number}",
            Addresses = addresses,
            Mtu = number == 2 && source.Percent(40) ? (IsIPv6 ? 1280 : source.Pick([1280, 576])) : 1500,
            Group = source.Percent(30) ? (uint)source.Between(1, 3) : 0,
        };
    }

    private IEnumerable<KernelRoute> Routes(LiveSource source, bool hasPolicy)
    {
        string all = IsIPv6 ? "::/0" : "0.0.0.0/0";
        yield return new KernelRoute { Dst = all, Via = At(1, 254), Dev = "eth1" };
        string[] types = ["unreachable", "prohibit", "blackhole"];
        if (source.Percent(IsIPv6 ? 50 : 30))
        {
            yield return new KernelRoute { Type = source.Pick(types), Dst = $"{FarHost(77)}/{Bits}" };
        }
        if (source.Percent(40))
        {
            yield return new KernelRoute { Dst = $"{FarHost(78)}/{Bits}", Via = At(2, 254), Dev = "eth2", Realm = IsIPv6 ? null : Number(7) };
        }
        if (hasPolicy)
        {
            yield return new KernelRoute { Dst = all, Via = At(2, 254), Dev = "eth2", Table = Number(100) };
            bool isRefused = source.Percent(30);
            yield return new KernelRoute
            {
                Type = isRefused ? "unreachable" : null,
                Dst = $"{FarHost(1)}/{Bits}",
                Dev = isRefused ? null : "eth2",
                Table = Number(101),
            };
        }
    }

    private Dictionary<string, JsonElement> Sysctls(LiveSource source)
    {
        string forwarding = IsIPv6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
        Dictionary<string, JsonElement> sysctls = new() { [forwarding] = Number(source.Percent(95) ? 1 : 0) };
        if (!IsIPv6 && source.Percent(20))
        {
            sysctls[$"net.ipv4.conf.eth{source.Next(3)}.rp_filter"] = Number(source.Between(1, 2));
        }
        if (!IsIPv6 && source.Percent(10))
        {
            sysctls["net.ipv4.conf.eth0.route_localnet"] = Number(1);
        }
        foreach (string key in (ReadOnlySpan<string>)["nf_conntrack_tcp_be_liberal", "nf_conntrack_tcp_ignore_invalid_rst"])
        {
            if (source.Percent(10))
            {
                sysctls["net.netfilter." + key] = Number(1);
            }
        }
        foreach (string key in (ReadOnlySpan<string>)["nf_conntrack_tcp_loose", "nf_conntrack_checksum"])
        {
            if (source.Percent(10))
            {
                sysctls["net.netfilter." + key] = Number(0);
            }
        }
        return sysctls;
    }

    // A listening TCP socket of a real stack would choose sequence numbers.
    private static List<KernelListener> Listeners(bool answers)
    {
        List<KernelListener> listeners = [new("udp", 53), new("udp", 5000) { Transparent = true, Uid = 1000 }];
        return answers ? listeners : [.. listeners, new("tcp", 80), new("tcp", 8080) { Transparent = true }];
    }

    private static JsonElement Number(int value) => JsonSerializer.SerializeToElement(value);
}
