namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The <c>spec</c> of a Service; absent fields have the API server's defaults.</summary>
public sealed record ServiceSpec
{
    /// <summary>The type; ClusterIP when absent.</summary>
    public ServiceType Type { get; init; }

    /// <summary>The first cluster IP as written; empty when none is allocated, <c>None</c> for a headless
    /// Service.</summary>
    public string ClusterIP { get; init; } = "";

    /// <summary>The cluster IPs, one a family.</summary>
    public ValueList<string> ClusterIPs { get; init; }

    /// <summary>The family of each entry of <see cref="ClusterIPs"/>.</summary>
    public ValueList<IPFamily> IPFamilies { get; init; }

    /// <summary>Whether one family, both if possible, or both are asked for.</summary>
    public IPFamilyPolicy IPFamilyPolicy { get; init; }

    /// <summary>The ports.</summary>
    public ValueList<ServicePort> Ports { get; init; }

    /// <summary>The labels of the pods it selects; empty when its endpoints are made by hand.</summary>
    public ValueMap Selector { get; init; }

    /// <summary>Addresses from elsewhere that nodes accept for it.</summary>
    public ValueList<string> ExternalIPs { get; init; }

    /// <summary>The DNS name of an ExternalName Service.</summary>
    public string? ExternalName { get; init; }

    /// <summary>The address asked of the load balancer; nothing here depends on it.</summary>
    public string? LoadBalancerIP { get; init; }

    /// <summary>The sources a load balancer address accepts; empty means all.</summary>
    public ValueList<string> LoadBalancerSourceRanges { get; init; }

    /// <summary>Whether a load balancer Service gets node ports; true when absent.</summary>
    public bool AllocateLoadBalancerNodePorts { get; init; } = true;

    /// <summary>Whether connections from one client stay with one endpoint.</summary>
    public SessionAffinity SessionAffinity { get; init; }

    /// <summary>How long affinity lasts after the last connection, in seconds, 1 to 86400; 10800 when absent.</summary>
    public int SessionAffinityTimeoutSeconds { get; init; } = 10800;

    /// <summary>Whether traffic from outside may go to other nodes' endpoints.</summary>
    public TrafficPolicy ExternalTrafficPolicy { get; init; }

    /// <summary>Whether traffic from inside may go to other nodes' endpoints.</summary>
    public TrafficPolicy InternalTrafficPolicy { get; init; }

    /// <summary>The port load balancers ask whether the node has endpoints; 0 when there is none.</summary>
    public int HealthCheckNodePort { get; init; }

    /// <summary>Whether pods that are not ready count as ready endpoints.</summary>
    public bool PublishNotReadyAddresses { get; init; }

    /// <summary>The wish for near endpoints (<c>PreferClose</c>, <c>PreferSameZone</c>, <c>PreferSameNode</c>), or
    /// null.</summary>
    /// <remarks>kube-proxy does not read it; the EndpointSlice controller turns it into hints.</remarks>
    public string? TrafficDistribution { get; init; }
}
