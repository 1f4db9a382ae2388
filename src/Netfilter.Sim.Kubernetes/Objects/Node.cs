namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A node (<c>v1</c>).</summary>
public sealed record Node : KubeObject
{
    /// <summary>The label naming a node's zone.</summary>
    public const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Node";

    /// <summary>The pod networks, one a family.</summary>
    public ValueList<string> PodCIDRs { get; init; }

    /// <summary>The addresses.</summary>
    public ValueList<NodeAddress> Addresses { get; init; }

    /// <summary>The keys of its taints.</summary>
    public ValueList<string> TaintKeys { get; init; }

    /// <summary>The zone, or null.</summary>
    public string? Zone => Metadata.Labels.Find(ZoneLabel);
}
