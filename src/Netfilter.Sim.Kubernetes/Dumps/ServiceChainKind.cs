namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>What a chain with a hashed name is for.</summary>
public enum ServiceChainKind
{
    /// <summary>Endpoints on all nodes (<c>KUBE-SVC-</c>).</summary>
    ClusterPolicy,

    /// <summary>Endpoints of this node (<c>KUBE-SVL-</c>).</summary>
    LocalPolicy,

    /// <summary>A load balancer's sources (<c>KUBE-FW-</c>).</summary>
    Firewall,

    /// <summary>Traffic from outside (<c>KUBE-EXT-</c>).</summary>
    External,

    /// <summary>One endpoint (<c>KUBE-SEP-</c>).</summary>
    Endpoint,
}
