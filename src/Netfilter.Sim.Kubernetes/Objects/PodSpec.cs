namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The <c>spec</c> of a pod, as far as packets care.</summary>
public sealed record PodSpec
{
    /// <summary>The node it runs on; null until it is scheduled.</summary>
    public string? NodeName { get; init; }

    /// <summary>Whether it uses the node's own network.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>The host name, or null.</summary>
    public string? Hostname { get; init; }

    /// <summary>The headless Service that names it, or null.</summary>
    public string? Subdomain { get; init; }

    /// <summary>The labels a node must have.</summary>
    public ValueMap NodeSelector { get; init; }

    /// <summary>The containers.</summary>
    public ValueList<Container> Containers { get; init; }
}
