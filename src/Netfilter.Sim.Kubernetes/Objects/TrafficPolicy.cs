namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>Which endpoints traffic may go to.</summary>
public enum TrafficPolicy
{
    /// <summary>Endpoints on any node.</summary>
    Cluster,

    /// <summary>Endpoints on the node the traffic came to.</summary>
    Local,
}
