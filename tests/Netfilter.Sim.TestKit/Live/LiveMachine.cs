using System.Text;
using System.Text.Json;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>The host of a case in the real kernel: a namespace with TUN devices, set up as the recorded cases describe.</summary>
internal sealed class LiveMachine : IDisposable
{
    /// <summary>The group to which everything that the host takes in is logged, behind all of INPUT.</summary>
    public const ushort DeliveredGroup = 65001;

    private const int TunFlags = 0x1001;
    private const ulong SetInterface = 0x400454ca;

    private static readonly (string Key, string Value)[] Baseline =
    [
        ("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv4.conf.default.rp_filter", "0"),
        ("net.ipv4.conf.all.send_redirects", "0"), ("net.ipv4.conf.default.send_redirects", "0"),
        ("net.ipv4.conf.all.accept_redirects", "0"), ("net.ipv4.conf.default.accept_redirects", "0"),
        ("net.ipv4.icmp_ratelimit", "0"), ("net.ipv4.icmp_ratemask", "0"),
        ("net.ipv4.icmp_msgs_per_sec", "1000000"), ("net.ipv4.icmp_msgs_burst", "1000000"),
        ("net.ipv6.icmp.ratelimit", "0"), ("net.ipv6.icmp.ratemask", ""), ("net.ipv6.auto_flowlabels", "0"),
        ("net.ipv6.conf.all.accept_dad", "0"), ("net.ipv6.conf.default.accept_dad", "0"),
        ("net.ipv6.conf.default.dad_transmits", "0"), ("net.ipv6.conf.default.router_solicitations", "0"),
        ("net.ipv6.conf.default.autoconf", "0"), ("net.ipv6.conf.default.accept_ra", "0"),
        // What is left of datagrams must not be heard of in a later case.
        ("net.ipv4.ipfrag_time", "3600"), ("net.ipv6.ip6frag_time", "3600"), ("net.netfilter.nf_conntrack_frag6_timeout", "3600"),
        ("net.ipv6.conf.default.addr_gen_mode", "1"), ("net.ipv6.conf.default.accept_redirects", "0"),
    ];

    private readonly LiveNamespace _namespace = new();
    private readonly KernelHostSetup _host;
    private readonly bool _isIPv6;
    private readonly List<int> _listeners = [];

    /// <summary>Makes the host; the thread is in its namespace then.</summary>
    public LiveMachine(KernelHostSetup host, bool isIPv6)
    {
        (_host, _isIPv6) = (host, isIPv6);
        foreach ((string key, string value) in Baseline)
        {
            LiveNamespace.SetSysctlIfThere(key, value);
        }
        SetSysctls(isForwarding: true);
        Tuns = [.. host.Interfaces.Select(device => (device.Name, OpenTun(device)))];
        AddRoutes();
        LogDeliveries();
        if (isIPv6)
        {
            WaitForAddresses();
        }
        SetSysctls(isForwarding: false);
        Names = new Dictionary<uint, string> { [1] = "lo" };
        foreach (KernelInterface device in host.Interfaces)
        {
            Names[LibC.IndexOfInterface(device.Name)] = device.Name;
        }
        _listeners.AddRange(host.Listeners.Select(listener => LocalSocketFile.Listener(listener, isIPv6)));
    }

    /// <summary>The devices by name, in the order of the host's interfaces.</summary>
    public IReadOnlyList<(string Name, int File)> Tuns { get; }

    /// <summary>Names of interfaces by index.</summary>
    public Dictionary<uint, string> Names { get; }

    /// <summary>Puts the thread into the host's namespace.</summary>
    public void Enter() => _namespace.Enter();

    public void Dispose()
    {
        _listeners.ForEach(listener => LibC.Close(listener));
        foreach ((_, int file) in Tuns)
        {
            LibC.Close(file);
        }
        _namespace.Dispose();
    }

    private static bool IsForwarding(string key) => key is "net.ipv4.ip_forward" or "net.ipv6.conf.all.forwarding";

    private void SetSysctls(bool isForwarding)
    {
        foreach ((string key, JsonElement value) in _host.Sysctls.Where(entry => IsForwarding(entry.Key) == isForwarding))
        {
            LiveNamespace.SetSysctl(key, value.ToString());
        }
    }

    private static int OpenTun(KernelInterface device)
    {
        int file = LibC.Checked(LibC.Open("/dev/net/tun", LibC.ReadWrite | LibC.NonBlocking | LibC.CloseOnExec), "/dev/net/tun");
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(device.Name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), (ushort)TunFlags);
        LibC.Checked(LibC.Control(file, SetInterface, request), $"TUN device {device.Name}");
        return file;
    }

    private void AddRoutes()
    {
        List<string> batch = ["link set lo up"];
        foreach (KernelInterface device in _host.Interfaces)
        {
            batch.Add($"link set {device.Name} mtu {device.Mtu} group {device.Group}");
            batch.AddRange(device.Addresses.Select(address =>
                $"addr add {address} dev {device.Name}{(address.Contains(':', StringComparison.Ordinal) ? " nodad" : "")}"));
            batch.Add($"link set {device.Name} up");
        }
        LiveNamespace.RunChecked(["ip", "-batch", "-"], string.Concat(batch.Select(line => line + "\n")));
        string family = _isIPv6 ? "-6" : "-4";
        string routes = string.Concat(_host.Routes.Select(route => $"route add {route.Arguments}\n"))
            + string.Concat(_host.Rules.Select(rule => $"rule add {rule}\n"));
        LiveNamespace.RunChecked(["ip", family, "-batch", "-"], routes);
    }

    // iptables' counters are not touched by what nft hangs behind and before everything. The host's own neighbour and multicast
    // noise never reaches the case's rules.
    private void LogDeliveries()
    {
        string noise = _isIPv6 ? "icmpv6 type { 130-137, 143 } drop" : "ip protocol igmp drop";
        string end = _host.LocalStack == "sink" ? "drop" : "accept";
        LiveNamespace.RunChecked(["nft", "-f", "-"], $$"""
            table {{(_isIPv6 ? "ip6" : "ip")}} live {
             chain out { type filter hook output priority -2147483648; {{noise}}
             }
             chain in { type filter hook input priority 2147483647; log group {{DeliveredGroup}}; {{end}}
             }
            }

            """);
    }

    // Addresses of IPv6 become usable a little later: wait for their local routes.
    private void WaitForAddresses()
    {
        int wanted = _host.Interfaces.Sum(device => device.Addresses.Count);
        const int Tries = 1000;
        for (int i = 0; i < Tries; i++)
        {
            int there = File.ReadLines("/proc/thread-self/net/ipv6_route").Count(line =>
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "80", .., var flags, var device]
                && device != "lo" && (Convert.ToUInt32(flags, 16) & 0x80000000) != 0);
            if (there >= wanted)
            {
                return;
            }
            Thread.Sleep(1);
        }
        throw new LiveException("IPv6 addresses did not come up");
    }
}
