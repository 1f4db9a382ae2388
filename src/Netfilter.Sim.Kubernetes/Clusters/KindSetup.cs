using System.Globalization;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>What kind puts into a new cluster, as far as packets care.</summary>
internal static class KindSetup
{
    public static void Build(ClusterState cluster, KindCluster kind)
    {
        ValueList<KindNode> nodes = kind.Nodes.Count > 0 ? kind.Nodes : [new KindNode()];
        bool hasWorkers = nodes.AsEnumerable().Any(node => node.Role == "worker");
        var perRole = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (KindNode node in nodes.OrderBy(node => node.Role == "worker"))
        {
            int number = perRole[node.Role] = perRole.GetValueOrDefault(node.Role) + 1;
            cluster.Apply(MakeNode(kind.Name, node, number, hasWorkers));
        }
        Node controlPlane = cluster.Nodes[0];
        cluster.Apply(ApiService(cluster));
        cluster.Apply(ApiSlice(controlPlane));
        cluster.Apply(DnsService(cluster));
        foreach (string letters in (ReadOnlySpan<string>)["coredns-c1", "coredns-c2"])
        {
            cluster.Apply(MakePod("kube-system", letters, ValueMap.Of("k8s-app", "kube-dns"), controlPlane));
        }
        cluster.Apply(MakePod(
            "local-path-storage", "local-path-provisioner", ValueMap.Of("app", "local-path-provisioner"),
            controlPlane));
    }

    private static Node MakeNode(string cluster, KindNode node, int number, bool hasWorkers)
    {
        string suffix = number == 1 ? "" : number.ToString(CultureInfo.InvariantCulture);
        string name = cluster + "-" + node.Role + suffix;
        return new Node
        {
            Metadata = new ObjectMeta { Name = name, Labels = node.Labels.With("kubernetes.io/hostname", name) },
            TaintKeys = node.Role == "worker" || !hasWorkers ? default : ["node-role.kubernetes.io/control-plane"],
        };
    }

    private static Service ApiService(ClusterState cluster) => new()
    {
        Metadata = new ObjectMeta { Name = "kubernetes", Namespace = "default" },
        Spec = new ServiceSpec
        {
            ClusterIP = cluster.ServiceAddressAt(1),
            Ports = [new ServicePort { Name = "https", Port = 443, TargetPort = 6443 }],
        },
    };

    // The API server writes this slice itself; no controller owns it.
    private static EndpointSlice ApiSlice(Node controlPlane) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "kubernetes",
            Namespace = "default",
            Labels = ValueMap.Of(EndpointSlice.ServiceNameLabel, "kubernetes"),
        },
        AddressType = controlPlane.Addresses[0].Address.Contains(':', StringComparison.Ordinal)
            ? AddressType.IPv6
            : AddressType.IPv4,
        Ports = [new EndpointPort { Name = "https", Port = 6443 }],
        Endpoints = [new Endpoint { Addresses = [controlPlane.Addresses[0].Address], Ready = true }],
    };

    private static Service DnsService(ClusterState cluster) => new()
    {
        Metadata = new ObjectMeta { Name = "kube-dns", Namespace = "kube-system" },
        Spec = new ServiceSpec
        {
            ClusterIP = cluster.ServiceAddressAt(10),
            Selector = ValueMap.Of("k8s-app", "kube-dns"),
            Ports =
            [
                new ServicePort { Name = "dns", Port = 53, Protocol = TransportProtocol.Udp },
                new ServicePort { Name = "dns-tcp", Port = 53 },
                new ServicePort { Name = "metrics", Port = 9153 },
            ],
        },
    };

    private static Pod MakePod(string ns, string name, ValueMap labels, Node node) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = ns, Labels = labels },
        Spec = new PodSpec { NodeName = node.Metadata.Name },
    };
}
