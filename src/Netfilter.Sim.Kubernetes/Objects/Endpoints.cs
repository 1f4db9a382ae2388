namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The older form of a Service's endpoints (<c>v1</c>); slices are made of it by mirroring.</summary>
public sealed record Endpoints : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Endpoints";

    /// <summary>Addresses with their ports.</summary>
    public ValueList<EndpointSubset> Subsets { get; init; }
}
