using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Where a generated rule comes from and why it exists.</summary>
public sealed record RuleOrigin : Rules.RuleOrigin
{
    /// <summary>Why the rule exists.</summary>
    public required RuleReason Reason { get; init; }

    /// <summary>The service port it belongs to; null for rules every node has.</summary>
    public ServicePortInfo? ServicePort { get; init; }

    /// <summary>The endpoint it belongs to, or null.</summary>
    public EndpointInfo? Endpoint { get; init; }

    /// <summary>The address or source range it is for, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The traffic policy that decides it, or null where none does.</summary>
    public TrafficPolicy? Policy { get; init; }

    /// <summary>The Service, or null for rules every node has.</summary>
    public NamespacedName? Service => ServicePort?.Name.Service;

    /// <summary>A line a person can read: the reason, the service port, the endpoint.</summary>
    public override string ToString() => string.Join(
        ' ',
        new[] { Reason.ToString(), ServicePort?.Name.ToString(), Address, Endpoint?.Text, Policy?.ToString() }
            .Where(part => part is not null));
}
