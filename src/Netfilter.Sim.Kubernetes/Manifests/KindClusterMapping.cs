using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads kind's cluster configuration.</summary>
internal static class KindClusterMapping
{
    public static KindCluster Read(ManifestField field)
    {
        ManifestField networking = field["networking"];
        string name = field["name"].TextOrNull() is { Length: > 0 } given ? given : "kind";
        return new KindCluster
        {
            Metadata = new ObjectMeta { Name = name },
            Name = name,
            IPFamily = networking["ipFamily"].Choice("ipv4", ("ipv4", "ipv4"), ("ipv6", "ipv6"), ("dual", "dual")),
            PodSubnet = networking["podSubnet"].TextOrNull(),
            ServiceSubnet = networking["serviceSubnet"].TextOrNull(),
            KubeProxyMode = networking["kubeProxyMode"].Choice(
                "iptables", ("iptables", "iptables"), ("nftables", "nftables"), ("ipvs", "ipvs"), ("none", "none")),
            Nodes = field["nodes"].List(ReadNode),
        };
    }

    private static KindNode ReadNode(ManifestField field) => new()
    {
        Role = field["role"].Choice(
            "control-plane", ("control-plane", "control-plane"), ("worker", "worker")),
        Labels = field["labels"].Map(),
        ExtraPortMappings = field["extraPortMappings"].List(static item => new KindPortMapping(
            item["containerPort"].Port(),
            item["hostPort"].Int(0, 65535, 0),
            ServiceMapping.Protocol(item["protocol"]),
            item["listenAddress"].TextOrNull())),
    };
}
