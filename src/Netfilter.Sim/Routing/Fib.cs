using System.Collections.Frozen;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>
/// The routing tables of a namespace, made ready for look-ups from one <see cref="NetworkConfiguration"/>. Immutable; a
/// look-up allocates nothing (<c>net/ipv4/fib_trie.c</c>, <c>fib_rules.c</c>, <c>net/ipv6/ip6_fib.c</c>, <c>route.c</c>).
/// </summary>
internal sealed partial class Fib
{
    private static readonly FibTable<uint> NoTableV4 = new([]);
    private static readonly FibTable<UInt128> NoTableV6 = new([]);

    private readonly NetDevice?[] _devices;
    private readonly FrozenDictionary<uint, FibTable<uint>> _tablesV4;
    private readonly FrozenDictionary<uint, FibTable<UInt128>> _tablesV6;
    private readonly FibTable<uint> _localV4;
    private readonly FibTable<uint> _mainV4;
    private readonly FibTable<uint> _defaultV4;
    private readonly FibTable<UInt128> _localV6;
    private readonly FibTable<UInt128> _mainV6;
    private readonly Dictionary<uint, NetDevice> _ownersV4 = [];
    private readonly Dictionary<UInt128, NetDevice> _ownersV6 = [];
    private readonly FrozenDictionary<(int Device, NetAddress Address), ulong> _neighbours;

    private Fib(NetworkConfiguration configuration)
    {
        Configuration = configuration;
        _devices = new NetDevice?[configuration.NextDeviceIndex];
        foreach (NetDevice device in configuration.Devices)
        {
            _devices[device.Index] = device;
        }
        Loopback = _devices[1]!;
        NoteOwners(configuration);
        ForwardsIPv6 = configuration.Sysctls.OfAll(IpFamily.IPv6, DeviceSysctl.Forwarding) != 0;
        _neighbours = configuration.Neighbours.ToFrozenDictionary(
            neighbour => (configuration.FindDevice(neighbour.Device)!.Index, neighbour.Address), neighbour => neighbour.MacAddress);
        _settings = [.. _devices.Select(device => device is null ? default : DeviceFlags.Of(configuration, device))];
        _tablesV4 = BuildV4(configuration);
        _mainV4 = _tablesV4.GetValueOrDefault(RouteTables.Main) ?? NoTableV4;
        _defaultV4 = _tablesV4.GetValueOrDefault(RouteTables.Default) ?? NoTableV4;
        _tablesV6 = BuildV6(configuration);
        _localV4 = _tablesV4.GetValueOrDefault(RouteTables.Local) ?? NoTableV4;
        _localV6 = _tablesV6.GetValueOrDefault(RouteTables.Local) ?? NoTableV6;
        _mainV6 = _tablesV6.GetValueOrDefault(RouteTables.Main) ?? NoTableV6;
        _rulesV4 = [.. configuration.Rules.Where(rule => rule.Family == IpFamily.IPv4).Select(rule => Compile(rule, configuration))];
        _rulesV6 = [.. configuration.Rules.Where(rule => rule.Family == IpFamily.IPv6).Select(rule => Compile(rule, configuration))];
        _hasOnlyDefaultRulesV6 = _rulesV6.Length == 2 && configuration.Rules.All(rule => rule.Family == IpFamily.IPv4 || rule.Protocol == 2);
        _loopbackOutput = new RouteResult(RouteType.Local) { Device = Loopback, Scope = RouteScope.Host, NextHopScope = RouteScope.Nowhere };
        HasRealms = configuration.Routes.Any(route => route.Realm != 0);
        HasCustomLocalRoutes = configuration.Routes.Any(route =>
            route is { Family: IpFamily.IPv4, Type: RouteType.Local } && (route.Protocol != 2 || route.Table != RouteTables.Local));
    }

    public NetworkConfiguration Configuration { get; }

    /// <summary><c>lo</c>.</summary>
    public NetDevice Loopback { get; }

    /// <summary>Whether a route has a realm (<c>fib_num_tclassid_users</c>).</summary>
    private bool HasRealms { get; }

    private bool HasCustomLocalRoutes { get; }

    public static Fib Build(NetworkConfiguration configuration) => new(configuration);

    public NetDevice? Device(int index) => (uint)index < (uint)_devices.Length ? _devices[index] : null;

    /// <summary><c>net.ipv6.conf.all.forwarding</c>.</summary>
    public bool ForwardsIPv6 { get; }

    /// <summary>Whether the host has an address, on any interface (<c>inet_lookup_ifaddr_rcu</c>, <c>ipv6_chk_addr</c>).</summary>
    public bool OwnsAddress(NetAddress address) => OwnerOf(address) is not null;

    /// <summary>The interface that has an address, or null (<c>__ip_dev_find</c>).</summary>
    public NetDevice? OwnerOf(NetAddress address) => address.Family == IpFamily.IPv4
        ? _ownersV4.GetValueOrDefault(address.IPv4Bits)
        : _ownersV6.GetValueOrDefault(address.Bits);

    private void NoteOwners(NetworkConfiguration configuration)
    {
        foreach (NetDevice device in configuration.Devices)
        {
            foreach (InterfaceAddress address in device.Addresses)
            {
                if (address.Address.Family == IpFamily.IPv4)
                {
                    _ownersV4.TryAdd(address.Address.IPv4Bits, device);
                }
                else
                {
                    _ownersV6.TryAdd(address.Address.Bits, device);
                }
            }
        }
    }

    /// <summary>The Ethernet address of a neighbour, or null when it is not known.</summary>
    public ulong? FindNeighbour(NetAddress address, NetDevice device) =>
        _neighbours.TryGetValue((device.Index, address), out ulong mac) ? mac : null;

    private FrozenDictionary<uint, FibTable<uint>> BuildV4(NetworkConfiguration configuration)
    {
        bool isMerged = !configuration.HasCustomRulesV4;
        return configuration.Routes.Where(route => route.Family == IpFamily.IPv4)
            .GroupBy(route => isMerged && route.Table == RouteTables.Local ? RouteTables.Main : route.Table)
            .Append(configuration.Routes.Where(route => isMerged && route is { Family: IpFamily.IPv4, Table: RouteTables.Local })
                .GroupBy(route => RouteTables.Local).FirstOrDefault())
            .Where(table => table is not null)
            .ToFrozenDictionary(
                table => table!.Key,
                table => new FibTable<uint>(table!.Select(route =>
                    (route.Destination.Address.IPv4Bits, route.Destination.Length, ResultOf(route)))));
    }

    private FrozenDictionary<uint, FibTable<UInt128>> BuildV6(NetworkConfiguration configuration) =>
        configuration.Routes.Where(route => route.Family == IpFamily.IPv6).Concat(AnycastRoutes(configuration))
            .GroupBy(route => route.Table)
            .ToFrozenDictionary(
                table => table.Key,
                table => new FibTable<UInt128>(table.Select(route =>
                    (route.Destination.Address.Bits, route.Destination.Length, ResultOf(route)))));

    /// <summary>While forwarding, the all-zero address of every subnet is the router's, too (<c>addrconf_join_anycast</c>).</summary>
    private IEnumerable<Route> AnycastRoutes(NetworkConfiguration configuration) =>
        from device in configuration.Devices
        where device.IsUp && device.Kind != NetDeviceKind.Loopback && Flags(device).ForwardsIPv6
        from address in device.Addresses
        where address.Address.Family == IpFamily.IPv6 && address.PrefixLength < 127 && address.Network.Address.Bits != 0
        select new Route(new NetPrefix(address.Network.Address, 128))
        {
            Type = RouteType.Anycast,
            Table = RouteTables.Local,
            Device = device.Name,
        };

    private RouteResult ResultOf(Route route)
    {
        NetDevice? device = route.Device is null ? null : Configuration.FindDevice(route.Device);
        return new RouteResult(route.Type)
        {
            Device = device,
            Gateway = route.Gateway,
            PreferredSource = route.PreferredSource,
            Realm = route.Realm,
            Mtu = route.Mtu,
            Tos = route.Tos,
            Metric = route.Metric,
            Scope = route.Scope,
            NextHopScope = route.Gateway is not null ? RouteScope.Link
                : route.Scope == RouteScope.Host ? RouteScope.Nowhere
                : RouteScope.Host,
            Table = route.Table,
            PrefixLength = route.Destination.Length,
        };
    }
}
