namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>How a Service is reached.</summary>
public enum ServiceType
{
    /// <summary>By its cluster IP.</summary>
    ClusterIP,

    /// <summary>By a port of every node as well.</summary>
    NodePort,

    /// <summary>By the address of a load balancer as well.</summary>
    LoadBalancer,

    /// <summary>By a DNS alias; nothing is proxied.</summary>
    ExternalName,
}
