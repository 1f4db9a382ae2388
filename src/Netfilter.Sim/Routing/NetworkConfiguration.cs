using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions.Matches;

namespace Netfilter.Sim.Routing;

/// <summary>
/// All that is set up in a namespace besides rulesets: interfaces, addresses, routes, policy rules, neighbours, sysctls,
/// sockets. Immutable: a change gives a new value, and forks share it.
/// </summary>
internal sealed partial record NetworkConfiguration
{
    public ImmutableArray<NetDevice> Devices { get; private init; } = [];

    public int NextDeviceIndex { get; private init; } = 1;

    /// <summary>All routes of all tables in the order they were made, the kernel's own included.</summary>
    public ImmutableList<Route> Routes { get; private init; } = [];

    /// <summary>Policy rules of both families, by priority; a new one comes after those of its priority.</summary>
    public ImmutableList<PolicyRule> Rules { get; private init; } = [];

    public ImmutableList<Neighbour> Neighbours { get; private init; } = [];

    public ImmutableList<LocalSocket> Sockets { get; private init; } = [];

    /// <summary>What the <c>osf</c> match knows of operating systems.</summary>
    public ImmutableArray<OsFingerprint> OsFingerprints { get; private init; } = [];

    public SysctlSettings Sysctls { get; private init; } = SysctlSettings.KernelDefaults;

    public LocalStackMode LocalStack { get; private init; }

    /// <summary>Whether IPv4 policy rules were ever touched: from then on the local table is looked up before main (<c>fib_unmerge</c>).</summary>
    public bool HasCustomRulesV4 { get; private init; }

    /// <summary>A fresh namespace: <c>lo</c> with its addresses, and the rules that lead to the local, main and default tables.</summary>
    public static NetworkConfiguration Initial { get; } = MakeInitial();

    /// <summary>Whether all that routing tables are built from is the same.</summary>
    public bool HasSameRouting(NetworkConfiguration other) =>
        Devices == other.Devices && NextDeviceIndex == other.NextDeviceIndex && ReferenceEquals(Routes, other.Routes)
        && ReferenceEquals(Rules, other.Rules) && ReferenceEquals(Neighbours, other.Neighbours)
        && ReferenceEquals(Sysctls, other.Sysctls) && HasCustomRulesV4 == other.HasCustomRulesV4;

    public NetDevice? FindDevice(string name)
    {
        foreach (NetDevice device in Devices)
        {
            if (device.Name == name)
            {
                return device;
            }
        }
        return null;
    }

    public NetDevice? FindDevice(int index)
    {
        foreach (NetDevice device in Devices)
        {
            if (device.Index == index)
            {
                return device;
            }
        }
        return null;
    }

    public NetworkConfiguration With(SysctlSettings sysctls) => this with
    {
        Sysctls = sysctls,
        Devices = [.. Devices.Select(device => FollowForwarding(device, sysctls))],
    };

    private NetDevice FollowForwarding(NetDevice device, SysctlSettings next)
    {
        bool isOn = next.Of(IpFamily.IPv6, device.Name, DeviceSysctl.Forwarding) != 0;
        bool wasOn = Sysctls.Of(IpFamily.IPv6, device.Name, DeviceSysctl.Forwarding) != 0;
        return isOn == wasOn ? device : device with { IsInAllRouterGroups = isOn };
    }

    public NetworkConfiguration With(LocalStackMode mode) => this with { LocalStack = mode };

    public NetworkConfiguration With(OsFingerprint fingerprint) => this with { OsFingerprints = OsFingerprints.Add(fingerprint) };

    public NetworkConfiguration WithSocket(LocalSocket socket) => this with { Sockets = Sockets.Add(socket) };

    public NetworkConfiguration WithoutSocket(LocalSocket socket) => this with { Sockets = Sockets.Remove(socket) };

    public NetworkConfiguration WithNeighbour(Neighbour neighbour) => this with
    {
        Neighbours = WithoutNeighbour(neighbour.Address, neighbour.Device).Neighbours.Add(neighbour),
    };

    public NetworkConfiguration WithoutNeighbour(NetAddress address, string device) => this with
    {
        Neighbours = Neighbours.RemoveAll(known => known.Address == address && known.Device == device),
    };

    /// <summary>Puts a device in place of the one of its index.</summary>
    public NetworkConfiguration WithChanged(NetDevice device)
    {
        int position = 0;
        while (Devices[position].Index != device.Index)
        {
            position++;
        }
        return this with { Devices = Devices.SetItem(position, device) };
    }

    private static NetworkConfiguration MakeInitial()
    {
        NetworkConfiguration configuration = new NetworkConfiguration
        {
            Rules =
            [
                .. new[] { IpFamily.IPv4, IpFamily.IPv6 }.SelectMany(family => new[]
                {
                    new PolicyRule(family) { Priority = 0, Table = RouteTables.Local, Protocol = 2 },
                    new PolicyRule(family) { Priority = 32766, Table = RouteTables.Main, Protocol = 2 },
                    new PolicyRule(family) { Priority = 32767, Table = RouteTables.Default, Protocol = 2 },
                }.Take(family == IpFamily.IPv4 ? 3 : 2)),
            ],
        };
        NetDevice lo = new(1, "lo", NetDeviceKind.Loopback) { Mtu = 65536 };
        return configuration
            .WithDevice(lo)
            .WithAddress("lo", InterfaceAddress.Parse("127.0.0.1/8"))
            .WithAddress("lo", InterfaceAddress.Parse("::1/128"));
    }
}
