namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A Deployment (<c>apps/v1</c>).</summary>
public sealed record Deployment : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "apps/v1";

    /// <inheritdoc/>
    public override string Kind => "Deployment";

    /// <summary>The number of pods, 0 or more; 1 when absent.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The labels by which it knows its pods.</summary>
    public ValueMap Selector { get; init; }

    /// <summary>Labels and annotations of the pods it makes.</summary>
    public ObjectMeta TemplateMetadata { get; init; } = new();

    /// <summary>The <c>spec</c> of the pods it makes.</summary>
    public PodSpec Template { get; init; } = new();
}
