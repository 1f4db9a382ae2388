namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>One endpoint of a slice.</summary>
public sealed record Endpoint
{
    /// <summary>The addresses; only the first is used.</summary>
    public ValueList<string> Addresses { get; init; }

    /// <summary>Whether it takes traffic; null counts as true.</summary>
    public bool? Ready { get; init; }

    /// <summary>Whether it could answer, even while terminating; null counts as true.</summary>
    public bool? Serving { get; init; }

    /// <summary>Whether it is being shut down; null counts as false.</summary>
    public bool? Terminating { get; init; }

    /// <summary>The host name of the pod, or null.</summary>
    public string? Hostname { get; init; }

    /// <summary>The node it runs on, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>The zone it runs in, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>The object behind it, or null.</summary>
    public ObjectReference? TargetRef { get; init; }

    /// <summary>The zones that should use it.</summary>
    public ValueList<string> ZoneHints { get; init; }

    /// <summary>The nodes that should use it.</summary>
    public ValueList<string> NodeHints { get; init; }

    /// <summary>The fields not read, as a text that differs when they do, such as the pod's uid; any difference of a slice makes
    /// kube-proxy rewrite its Service.</summary>
    public string? Unmapped { get; init; }
}
