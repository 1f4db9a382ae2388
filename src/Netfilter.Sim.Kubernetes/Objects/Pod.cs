namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A pod (<c>v1</c>).</summary>
public sealed record Pod : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Pod";

    /// <summary>What is wanted.</summary>
    public PodSpec Spec { get; init; } = new();

    /// <summary>What is.</summary>
    public PodStatus Status { get; init; } = new();

    /// <summary>Whether deletion was asked for.</summary>
    public bool IsTerminating => Metadata.DeletionTimestamp is not null;
}
