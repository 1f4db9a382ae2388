using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Links;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>The network of a case: a namespace for each of the case's, and the cables between them.</summary>
internal sealed class ClusterTopology
{
    private readonly Dictionary<string, NetworkNamespace> _hosts = [];
    private readonly List<string> _nodes = [];
    private readonly HashSet<string> _watched = [];

    public ClusterTopology(JsonElement topology)
    {
        JsonElement[] namespaces = [.. topology.GetProperty("namespaces").EnumerateArray()];
        foreach (JsonElement item in namespaces.Where(item => Role(item) != "segment"))
        {
            AddHost(item);
        }
        Cable(namespaces);
        foreach (JsonElement item in namespaces.Where(item => Role(item) != "segment"))
        {
            NetworkNamespace host = this[item.GetProperty("name").GetString()!];
            SetSysctls(host, item);
            foreach (JsonElement route in item.GetProperty("routes").EnumerateArray())
            {
                host.Routes.Replace(Route.Parse(route.GetString()!));
            }
        }
        WarmUp();
    }

    /// <summary>The clock of all hosts.</summary>
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The hosts and cables.</summary>
    public Network Network { get; } = new();

    /// <summary>The names of the nodes.</summary>
    public IReadOnlyList<string> Nodes => _nodes;

    /// <summary>The hosts at whose interfaces packets are seen.</summary>
    public IReadOnlySet<string> Watched => _watched;

    /// <summary>A host by name.</summary>
    public NetworkNamespace this[string name] => _hosts[name];

    /// <summary>Sets a sysctl of a host; <c>*</c> stands for every interface, <c>all</c> and <c>default</c>.</summary>
    public static void SetSysctl(NetworkNamespace host, string key, string value)
    {
        IEnumerable<string> keys = key.Contains('*', StringComparison.Ordinal)
            ? host.Interfaces.Select(device => device.Name).Append("all").Append("default")
                .Select(name => key.Replace("*", name, StringComparison.Ordinal))
            : [key];
        foreach (string one in keys)
        {
            host.Sysctls[one] = value;
        }
    }

    /// <summary>Every pod sends something to its gateway, so that bridges know it.</summary>
    private void WarmUp()
    {
        foreach (NetworkNamespace pod in _hosts.Values.Where(host => !_watched.Contains(host.Name)))
        {
            foreach (Route route in pod.Routes.Where(route => route is { Gateway: not null, Destination.Length: 0 }).ToArray())
            {
                NetAddress gateway = route.Gateway!.Value;
                if (pod.ChooseSource(gateway) is { } own)
                {
                    Network.Send(pod, Packet.Udp(new NetEndpoint(own, 9), new NetEndpoint(gateway, 9)), options: WalkOptions.Unwatched);
                }
            }
        }
    }

    private static string Role(JsonElement item) => item.GetProperty("role").GetString()!;

    private static void SetSysctls(NetworkNamespace host, JsonElement item)
    {
        if (!item.TryGetProperty("sysctls", out JsonElement sysctls))
        {
            return;
        }
        foreach (JsonProperty sysctl in sysctls.EnumerateObject())
        {
            SetSysctl(host, sysctl.Name, sysctl.Value.ToString());
        }
    }

    private void AddHost(JsonElement item)
    {
        string name = item.GetProperty("name").GetString()!;
        string role = Role(item);
        NetworkNamespace host = new(name, Clock, new SeededChance((ulong)_hosts.Count + 1));
        _hosts.Add(name, host);
        if (role == "node")
        {
            _nodes.Add(name);
        }
        if (role != "pod")
        {
            _watched.Add(name);
        }
        foreach (string scope in (string[])["all", "default"])
        {
            SetSysctl(host, $"net.ipv4.conf.{scope}.send_redirects", "0");
            SetSysctl(host, $"net.ipv6.conf.{scope}.accept_dad", "0");
        }
        foreach (JsonElement device in item.GetProperty("interfaces").EnumerateArray())
        {
            string[] addresses = device.TryGetProperty("addresses", out JsonElement list)
                ? [.. list.EnumerateArray().Select(address => address.GetString()!)]
                : [];
            string deviceName = device.GetProperty("name").GetString()!;
            bool isBridge = device.GetProperty("type").GetString() == "bridge";
            host.AddInterface(deviceName, isBridge ? NetDeviceKind.Bridge : NetDeviceKind.Veth, addresses);
            SetSysctl(host, $"net.ipv4.conf.{deviceName}.send_redirects", "0");
        }
        foreach (JsonElement port in item.GetProperty("interfaces").EnumerateArray())
        {
            if (port.TryGetProperty("master", out JsonElement master))
            {
                host.Change(host.Interface(port.GetProperty("name").GetString()!) with
                {
                    MasterIndex = host.Interface(master.GetString()!).Index,
                    Hairpin = port.TryGetProperty("hairpin", out JsonElement hairpin) && hairpin.GetBoolean(),
                });
            }
        }
        SetSysctls(host, item);
    }

    // The segment is nothing but a switch; all other cables have two ends.
    private void Cable(JsonElement[] namespaces)
    {
        List<(NetworkNamespace Host, string Device)> ethernet = [];
        HashSet<(string, string)> done = [];
        foreach (JsonElement item in namespaces.Where(item => Role(item) != "segment"))
        {
            string name = item.GetProperty("name").GetString()!;
            foreach (JsonElement device in item.GetProperty("interfaces").EnumerateArray())
            {
                if (!device.TryGetProperty("peer", out _))
                {
                    continue;
                }
                string own = device.GetProperty("name").GetString()!;
                string[] peer = device.GetProperty("peer").GetString()!.Split('/');
                if (!_hosts.ContainsKey(peer[0]))
                {
                    ethernet.Add((this[name], own));
                }
                else if (done.Add((name, own)) && done.Add((peer[0], peer[1])))
                {
                    Network.Connect(this[name], own, this[peer[0]], peer[1]);
                }
            }
        }
        Network.Connect([.. ethernet]);
    }
}
