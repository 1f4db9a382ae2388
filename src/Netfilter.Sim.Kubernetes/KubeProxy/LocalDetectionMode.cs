namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>How kube-proxy tells traffic of this node's pods.</summary>
public enum LocalDetectionMode
{
    /// <summary>It does not; the rules that need it are left out.</summary>
    None,

    /// <summary>By the pod network of the cluster.</summary>
    ClusterCIDR,

    /// <summary>By the pod network of the node.</summary>
    NodeCIDR,

    /// <summary>By the bridge the packet came in from.</summary>
    BridgeInterface,

    /// <summary>By the first letters of the interface the packet came in from.</summary>
    InterfaceNamePrefix,
}
