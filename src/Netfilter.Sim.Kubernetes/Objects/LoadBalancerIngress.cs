namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A point where a load balancer takes traffic for a Service.</summary>
public sealed record LoadBalancerIngress
{
    /// <summary>The address, or null.</summary>
    public string? IP { get; init; }

    /// <summary>The host name, or null.</summary>
    public string? Hostname { get; init; }

    /// <summary>Whether packets arrive with this address as destination (VIP, also when absent) or not
    /// (Proxy).</summary>
    public LoadBalancerIPMode IPMode { get; init; }
}
