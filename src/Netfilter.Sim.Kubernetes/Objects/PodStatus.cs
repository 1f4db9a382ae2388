namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The <c>status</c> of a pod.</summary>
public sealed record PodStatus
{
    /// <summary>The phase (<c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c>), or null when not
    /// given.</summary>
    public string? Phase { get; init; }

    /// <summary>The addresses, one a family, the main one first.</summary>
    public ValueList<string> PodIPs { get; init; }

    /// <summary>The address of its node, or null.</summary>
    public string? HostIP { get; init; }

    /// <summary>Whether its readiness condition is true; null when the manifest has none.</summary>
    public bool? Ready { get; init; }
}
