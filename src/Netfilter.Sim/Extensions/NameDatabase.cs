using System.Collections.Frozen;
using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// The names that the C library would look up for the tools: protocols, services, networks, hosts, users, groups, routing
/// realms and device groups. Immutable.
/// </summary>
public sealed class NameDatabase
{
    private static readonly char[] Blanks = [' ', '\n', '\r'];

    private readonly FrozenDictionary<string, int> _protocolNumbers;
    private readonly FrozenDictionary<int, string> _protocolNames;
    private readonly FrozenDictionary<string, ServiceTable> _services;

    private NameDatabase()
    {
        Dictionary<string, int> numbers = [];
        Dictionary<int, string> names = [];
        foreach (string line in NameTables.Protocols.Split('\n', StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(' ');
            int number = int.Parse(words[0], CultureInfo.InvariantCulture);
            names.TryAdd(number, words[1]);
            foreach (string name in words[1..])
            {
                numbers.TryAdd(name, number);
            }
        }
        _protocolNumbers = numbers.ToFrozenDictionary();
        _protocolNames = names.ToFrozenDictionary();
        _services = new Dictionary<string, ServiceTable>
        {
            ["tcp"] = new(NameTables.TcpServices),
            ["udp"] = new(NameTables.UdpServices),
            ["sctp"] = new(NameTables.SctpServices),
            ["ddp"] = new(NameTables.DdpServices),
        }.ToFrozenDictionary();
    }

    /// <summary>The names of the environment that iptables' behaviour was recorded in.</summary>
    public static NameDatabase Default { get; } = new();

    /// <summary>Hosts by name, each with its addresses (<c>/etc/hosts</c>).</summary>
    public IReadOnlyDictionary<string, NetAddress[]> Hosts { get; init; } =
        new Dictionary<string, NetAddress[]> { ["localhost"] = ["127.0.0.1"] };

    /// <summary>Names of addresses, for <c>-L</c> without <c>-n</c>.</summary>
    public IReadOnlyDictionary<NetAddress, string> HostNames { get; init; } =
        new Dictionary<NetAddress, string> { ["127.0.0.1"] = "localhost" };

    /// <summary>Networks by name (<c>/etc/networks</c>).</summary>
    public IReadOnlyDictionary<string, NetAddress> Networks { get; init; } = new Dictionary<string, NetAddress>
    {
        ["default"] = "0.0.0.0",
        ["loopback"] = "127.0.0.0",
        ["link-local"] = "169.254.0.0",
    };

    /// <summary>Users by name (<c>/etc/passwd</c>).</summary>
    public IReadOnlyDictionary<string, uint> Users { get; init; } =
        new Dictionary<string, uint>
        {
            ["root"] = 0,
            ["daemon"] = 1,
            ["bin"] = 2,
            ["sys"] = 3,
            ["sync"] = 4,
            ["games"] = 5,
            ["man"] = 6,
            ["lp"] = 7,
            ["mail"] = 8,
            ["news"] = 9,
            ["uucp"] = 10,
            ["proxy"] = 13,
            ["www-data"] = 33,
            ["backup"] = 34,
            ["list"] = 38,
            ["irc"] = 39,
            ["_apt"] = 42,
            ["cloudsdk"] = 1000,
            ["nobody"] = 65534,
        };

    /// <summary>Groups by name (<c>/etc/group</c>).</summary>
    public IReadOnlyDictionary<string, uint> Groups { get; init; } =
        new Dictionary<string, uint>
        {
            ["root"] = 0,
            ["daemon"] = 1,
            ["bin"] = 2,
            ["sys"] = 3,
            ["adm"] = 4,
            ["tty"] = 5,
            ["disk"] = 6,
            ["lp"] = 7,
            ["mail"] = 8,
            ["news"] = 9,
            ["uucp"] = 10,
            ["man"] = 12,
            ["proxy"] = 13,
            ["kmem"] = 15,
            ["dialout"] = 20,
            ["fax"] = 21,
            ["voice"] = 22,
            ["cdrom"] = 24,
            ["floppy"] = 25,
            ["tape"] = 26,
            ["sudo"] = 27,
            ["audio"] = 29,
            ["dip"] = 30,
            ["www-data"] = 33,
            ["backup"] = 34,
            ["operator"] = 37,
            ["list"] = 38,
            ["irc"] = 39,
            ["src"] = 40,
            ["shadow"] = 42,
            ["utmp"] = 43,
            ["video"] = 44,
            ["sasl"] = 45,
            ["plugdev"] = 46,
            ["staff"] = 50,
            ["games"] = 60,
            ["users"] = 100,
            ["cloudsdk"] = 1000,
            ["nogroup"] = 65534,
        };

    /// <summary>Routing realms by name (<c>/etc/iproute2/rt_realms</c>).</summary>
    public IReadOnlyDictionary<string, uint> Realms { get; init; } = new Dictionary<string, uint> { ["cosmos"] = 0 };

    /// <summary>Device groups by name (<c>/etc/iproute2/group</c>).</summary>
    public IReadOnlyDictionary<string, uint> DeviceGroups { get; init; } =
        new Dictionary<string, uint> { ["default"] = 0 };

    /// <summary>The number of a protocol's name (<c>getprotobyname</c>, case-sensitive).</summary>
    public int? FindProtocol(string name) => _protocolNumbers.TryGetValue(name, out int number) ? number : null;

    /// <summary>The name of a protocol's number (<c>getprotobynumber</c>).</summary>
    public string? ProtocolName(int number) => _protocolNames.GetValueOrDefault(number);

    /// <summary>The port of a service (<c>getservbyname</c>).</summary>
    /// <param name="name">The name, case-sensitive.</param>
    /// <param name="protocol">The protocol; null for the first that knows it.</param>
    public int? FindService(string name, string? protocol)
    {
        if (protocol is not null)
        {
            return _services.TryGetValue(protocol, out ServiceTable? table) ? table.Find(name) : null;
        }
        return _services["tcp"].Find(name) ?? _services["udp"].Find(name) ?? _services["sctp"].Find(name);
    }

    /// <summary>The service of a port (<c>getservbyport</c>).</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocol">The protocol; null for the first that knows it.</param>
    public string? ServiceName(int port, string? protocol)
    {
        if (protocol is not null)
        {
            return _services.TryGetValue(protocol, out ServiceTable? table) ? table.NameOf(port) : null;
        }
        return _services["tcp"].NameOf(port) ?? _services["udp"].NameOf(port) ?? _services["sctp"].NameOf(port);
    }

    private sealed class ServiceTable
    {
        private readonly FrozenDictionary<string, int> _ports;
        private readonly FrozenDictionary<int, string> _names;

        public ServiceTable(string text)
        {
            Dictionary<string, int> ports = [];
            Dictionary<int, string> names = [];
            foreach (string entry in text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = entry.IndexOf('=');
                int port = int.Parse(entry.AsSpan(equals + 1), CultureInfo.InvariantCulture);
                ports.TryAdd(entry[..equals], port);
                names.TryAdd(port, entry[..equals]);
            }
            _ports = ports.ToFrozenDictionary();
            _names = names.ToFrozenDictionary();
        }

        public int? Find(string name) => _ports.TryGetValue(name, out int port) ? port : null;

        public string? NameOf(int port) => _names.GetValueOrDefault(port);
    }
}
