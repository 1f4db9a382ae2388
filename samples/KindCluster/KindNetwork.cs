using System.Globalization;
using Netfilter.Sim;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Links;
using Netfilter.Sim.Routing;

namespace KindCluster;

/// <summary>The four nodes, their pods and a client outside, each a namespace of its own, with the cables between them.</summary>
internal sealed class KindNetwork
{
    private static readonly (string Name, string[] Pods)[] Nodes =
    [
        ("myk8s-control-plane", ["coredns-a 10.10.0.2", "coredns-b 10.10.0.3", "net-pod 10.10.0.5"]),
        ("myk8s-worker", ["webpod1 10.10.1.2", "deploy-echo-1 10.10.1.3"]),
        ("myk8s-worker2", ["webpod2 10.10.2.2", "deploy-echo-2 10.10.2.3"]),
        ("myk8s-worker3", ["webpod3 10.10.3.2", "deploy-echo-3 10.10.3.3"]),
    ];

    private readonly Dictionary<string, NetworkNamespace> _hosts = [];
    private readonly KindRules _rules;

    public KindNetwork(ulong seed)
    {
        List<(NetworkNamespace Host, string Device)> ethernet = [];
        for (int i = 0; i < Nodes.Length; i++)
        {
            NetworkNamespace node = AddHost(Nodes[i].Name, new SeededChance(seed + (ulong)i));
            node.AddInterface("eth0", NetDeviceKind.Ethernet, string.Create(CultureInfo.InvariantCulture, $"172.18.0.{i + 2}/16"));
            ethernet.Add((node, "eth0"));
            SetUpNode(node, i);
            foreach (string pod in Nodes[i].Pods)
            {
                AddPod(node, i, pod.Split(' ')[0], pod.Split(' ')[1]);
            }
        }
        NetworkNamespace client = AddHost("client", new SeededChance(seed));
        client.LocalStack = LocalStackMode.Sink;
        client.AddInterface("eth0", NetDeviceKind.Ethernet, "172.18.0.1/16");
        ethernet.Add((client, "eth0"));
        Network.Connect([.. ethernet]);
        _rules = new KindRules(NodeNames.Select(name => this[name]), Clock);
    }

    /// <summary>The clock of all hosts.</summary>
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The hosts and their cables.</summary>
    public Network Network { get; } = new();

    /// <summary>The names of the nodes.</summary>
    public static IEnumerable<string> NodeNames => Nodes.Select(node => node.Name);

    /// <summary>A host by name.</summary>
    public NetworkNamespace this[string name] => _hosts[name];

    /// <summary>The name of the host that has an address.</summary>
    public static string NameOf(string address) => Nodes
        .SelectMany(node => node.Pods)
        .Where(pod => pod.EndsWith(' ' + address, StringComparison.Ordinal))
        .Select(pod => pod.Split(' ')[0])
        .FirstOrDefault(address);

    /// <summary>Goes on to a step of the walk-through: manifests are applied, and every node's kube-proxy writes its rules.</summary>
    public void Load(string step) => _rules.GoTo(step);

    private NetworkNamespace AddHost(string name, INetfilterChance chance) => _hosts[name] = new NetworkNamespace(name, Clock, chance);

    private static void SetUpNode(NetworkNamespace node, int index)
    {
        node.Sysctls["net.ipv4.ip_forward"] = "1";
        node.Sysctls["net.ipv4.conf.all.route_localnet"] = "1";
        node.Routes.Add("default via 172.18.0.1 dev eth0");
        for (int other = 0; other < Nodes.Length; other++)
        {
            if (other != index)
            {
                node.Routes.Add(string.Create(CultureInfo.InvariantCulture, $"10.10.{other}.0/24 via 172.18.0.{other + 2} dev eth0"));
            }
        }
    }

    // The ptp plug-in of kind: a cable for each pod, the gateway's address on every one of them, a route for one address.
    private void AddPod(NetworkNamespace node, int index, string name, string address)
    {
        string gateway = string.Create(CultureInfo.InvariantCulture, $"10.10.{index}.1");
        string veth = "veth-" + name[..Math.Min(10, name.Length)];
        NetworkNamespace pod = AddHost(name, new SeededChance(0));
        pod.AddInterface("eth0", NetDeviceKind.Veth, address + "/32");
        pod.LocalStack = LocalStackMode.Sink;
        pod.Routes.Add($"{gateway} dev eth0");
        pod.Routes.Add($"default via {gateway} dev eth0");
        node.AddInterface(veth, NetDeviceKind.Veth, gateway + "/32");
        node.Routes.Add($"{address} dev {veth}");
        Network.Connect(node, veth, pod, "eth0");
    }
}
