namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>kube-proxy's configuration file (<c>kubeproxy.config.k8s.io/v1alpha1</c>), as far as iptables mode reads
/// it.</summary>
public sealed record KubeProxyConfiguration : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "kubeproxy.config.k8s.io/v1alpha1";

    /// <inheritdoc/>
    public override string Kind => "KubeProxyConfiguration";

    /// <summary>The mode; empty means iptables.</summary>
    public string Mode { get; init; } = "";

    /// <summary>The address to bind to; empty when absent. Its family is the first family.</summary>
    public string BindAddress { get; init; } = "";

    /// <summary>The node's name when it is not the host's; empty when absent.</summary>
    public string HostnameOverride { get; init; } = "";

    /// <summary>The pod networks, comma-separated; empty when absent.</summary>
    public string ClusterCIDR { get; init; } = "";

    /// <summary>How local traffic is told: <c>ClusterCIDR</c> (also when empty), <c>NodeCIDR</c>,
    /// <c>BridgeInterface</c>, <c>InterfaceNamePrefix</c>.</summary>
    public string DetectLocalMode { get; init; } = "";

    /// <summary>The bridge of mode BridgeInterface.</summary>
    public string BridgeInterface { get; init; } = "";

    /// <summary>The prefix of mode InterfaceNamePrefix.</summary>
    public string InterfaceNamePrefix { get; init; } = "";

    /// <summary>The node addresses that accept node ports, or <c>primary</c>; empty means all.</summary>
    public ValueList<string> NodePortAddresses { get; init; }

    /// <summary>The bit of the mark that asks for masquerading, 0 to 31; 14 when absent.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>Whether all traffic to cluster IPs is masqueraded.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>Whether node ports answer on 127.0.0.1; true when absent.</summary>
    public bool LocalhostNodePorts { get; init; } = true;

    /// <summary>The longest time between retries; 30 s when absent or zero.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The shortest time between syncs; 1 s when absent.</summary>
    public TimeSpan MinSyncPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether conntrack is told to tolerate packets outside the window.</summary>
    public bool ConntrackTcpBeLiberal { get; init; }
}
