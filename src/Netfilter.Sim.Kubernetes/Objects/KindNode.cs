namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A node of a kind cluster.</summary>
public sealed record KindNode
{
    /// <summary>The role: <c>control-plane</c> (also when absent) or <c>worker</c>.</summary>
    public string Role { get; init; } = "control-plane";

    /// <summary>The node's labels.</summary>
    public ValueMap Labels { get; init; }

    /// <summary>Ports of the host that lead to the node.</summary>
    public ValueList<KindPortMapping> ExtraPortMappings { get; init; }
}
