namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A Service (<c>v1</c>).</summary>
public sealed record Service : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Service";

    /// <summary>What is wanted.</summary>
    public ServiceSpec Spec { get; init; } = new();

    /// <summary>The ingress points a load balancer has given it.</summary>
    public ValueList<LoadBalancerIngress> LoadBalancerIngress { get; init; }
}
