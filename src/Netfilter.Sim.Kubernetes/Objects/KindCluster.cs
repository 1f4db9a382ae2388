namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A cluster as kind's configuration file asks for it (<c>kind.x-k8s.io/v1alpha4</c>).</summary>
public sealed record KindCluster : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "kind.x-k8s.io/v1alpha4";

    /// <inheritdoc/>
    public override string Kind => "Cluster";

    /// <summary>The name nodes are called after; <c>kind</c> when absent.</summary>
    public string Name { get; init; } = "kind";

    /// <summary>The family: <c>ipv4</c>, <c>ipv6</c> or <c>dual</c>; ipv4 when absent.</summary>
    public string IPFamily { get; init; } = "ipv4";

    /// <summary>The pod networks, comma-separated; null means kind's default.</summary>
    public string? PodSubnet { get; init; }

    /// <summary>The service networks, comma-separated; null means kind's default.</summary>
    public string? ServiceSubnet { get; init; }

    /// <summary>kube-proxy's mode: <c>iptables</c> (also when absent), <c>nftables</c>, <c>ipvs</c> or
    /// <c>none</c>.</summary>
    public string KubeProxyMode { get; init; } = "iptables";

    /// <summary>The nodes; one control plane when absent.</summary>
    public ValueList<KindNode> Nodes { get; init; }
}
