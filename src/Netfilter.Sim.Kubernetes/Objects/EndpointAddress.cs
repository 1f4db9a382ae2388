namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>One address of an Endpoints object.</summary>
public sealed record EndpointAddress
{
    /// <summary>The address.</summary>
    public string IP { get; init; } = "";

    /// <summary>The host name, or null.</summary>
    public string? Hostname { get; init; }

    /// <summary>The node it is on, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>The object behind it, or null.</summary>
    public ObjectReference? TargetRef { get; init; }
}
