namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A container of a pod.</summary>
public sealed record Container
{
    /// <summary>The container's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The image.</summary>
    public string Image { get; init; } = "";

    /// <summary>The ports it says it listens on.</summary>
    public ValueList<ContainerPort> Ports { get; init; }
}
