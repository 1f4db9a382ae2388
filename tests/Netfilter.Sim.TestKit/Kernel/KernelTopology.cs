using System.Globalization;
using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Routing;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Sets up a namespace as a case's host was set up.</summary>
internal static class KernelTopology
{
    /// <summary>What every recorded host has besides the kernel's defaults.</summary>
    private static readonly (string Key, string Value)[] Baseline =
    [
        ("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv4.conf.default.rp_filter", "0"),
        ("net.ipv4.conf.all.send_redirects", "0"), ("net.ipv4.conf.default.send_redirects", "0"),
        ("net.ipv4.conf.all.accept_redirects", "0"), ("net.ipv4.conf.default.accept_redirects", "0"),
        ("net.ipv6.conf.all.accept_redirects", "0"), ("net.ipv6.conf.default.accept_redirects", "0"),
        ("net.ipv4.icmp_ratelimit", "0"), ("net.ipv4.icmp_ratemask", "0"), ("net.ipv6.icmp.ratelimit", "0"),
        ("net.ipv6.auto_flowlabels", "0"), ("net.ipv6.conf.default.autoconf", "0"), ("net.ipv6.conf.default.accept_ra", "0"),
    ];

    /// <summary>Applies interfaces, sysctls, routes, rules, neighbours and sockets.</summary>
    public static void Apply(NetworkNamespace host, KernelCase @case)
    {
        KernelHostSetup setup = @case.Host;
        foreach ((string key, string value) in Baseline)
        {
            SetSysctl(host, key, value);
        }
        foreach (string key in setup.Sysctls.Keys.Where(IsForwarding))
        {
            SetSysctl(host, key, Text(setup.Sysctls[key]));
        }
        foreach (KernelInterface device in setup.Interfaces)
        {
            AddInterface(host, device, @case.IsIPv6);
        }
        foreach (KernelRoute route in setup.Routes)
        {
            host.Routes.Add(route.Arguments);
        }
        foreach (string rule in setup.Rules)
        {
            host.Rules.Add(rule, @case.IsIPv6 ? IpFamily.IPv6 : IpFamily.IPv4);
        }
        foreach (KernelNeighbour neighbour in setup.Neighbours)
        {
            host.SetNeighbour(NetAddress.Parse(neighbour.Ip), neighbour.Dev, Mac(neighbour.Mac));
        }
        foreach (KernelListener listener in setup.Listeners)
        {
            AddListener(host, listener);
        }
        foreach (KernelNfacct account in setup.Nfacct)
        {
            host.AddAccountingObject(account.Name, account.Quota, account.Mode == "packets");
        }
        foreach (string fingerprint in setup.Osf)
        {
            host.AddOsFingerprint(OsFingerprint.Parse(fingerprint));
        }
        foreach ((string key, JsonElement value) in setup.Sysctls.Where(entry => !IsForwarding(entry.Key)))
        {
            SetSysctl(host, key, Text(value));
        }
        if (setup.ConntrackMax is { } most)
        {
            SetSysctl(host, "net.netfilter.nf_conntrack_max", most.ToString(CultureInfo.InvariantCulture));
        }
        host.LocalStack = setup.LocalStack == "sink" ? LocalStackMode.Sink : LocalStackMode.Answer;
    }

    /// <summary>Sets a sysctl.</summary>
    /// <exception cref="NotModelledException">The namespace does not know the key.</exception>
    public static void SetSysctl(NetworkNamespace host, string key, string value)
    {
        try
        {
            host.Sysctls[key] = value;
        }
        catch (KeyNotFoundException)
        {
            throw new NotModelledException($"sysctl {key}");
        }
    }

    private static bool IsForwarding(string key) => key is "net.ipv4.ip_forward" or "net.ipv6.conf.all.forwarding";

    private static string Text(JsonElement value) => value.ToString();

    private static void AddInterface(NetworkNamespace host, KernelInterface device, bool isIPv6)
    {
        NetDeviceKind kind = device.Kind switch
        {
            null => NetDeviceKind.Tun,
            "tap" => NetDeviceKind.Ethernet,
            "bridge" => NetDeviceKind.Bridge,
            _ => throw new NotModelledException($"interface kind {device.Kind}"),
        };
        if (kind != NetDeviceKind.Tun)
        {
            SetSysctl(host, "net.ipv6.conf.default.disable_ipv6", isIPv6 ? "0" : "1");
        }
        NetDevice made = host.AddInterface(new NetDevice(0, device.Name, kind)
        {
            Mtu = device.Mtu,
            Group = device.Group,
            MacAddress = device.Mac is null ? 0 : Mac(device.Mac),
        });
        foreach (string port in device.Ports)
        {
            host.Change(host.Interface(port) with { MasterIndex = made.Index, Hairpin = device.Hairpin.Contains(port) });
        }
        foreach (string address in device.Addresses)
        {
            host.AddAddress(device.Name, Address(address));
        }
    }

    private static InterfaceAddress Address(string text)
    {
        string[] words = text.Split(' ');
        InterfaceAddress address = InterfaceAddress.Parse(words[0]);
        return words is [_, "brd", string broadcast] ? address with { Broadcast = NetAddress.Parse(broadcast) } : address;
    }

    private static void AddListener(NetworkNamespace host, KernelListener listener) =>
        host.AddSocket(new LocalSocket(listener.Proto == "udp" ? (byte)17 : (byte)6, listener.Port)
        {
            Address = listener.Address is null ? (NetAddress?)null : NetAddress.Parse(listener.Address),
            IsTransparent = listener.Transparent,
            Uid = listener.Uid ?? 0,
            Gid = listener.Uid ?? 0,
        });

    private static ulong Mac(string text) => ulong.Parse(text.Replace(":", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
