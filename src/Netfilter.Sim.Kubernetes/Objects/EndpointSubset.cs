namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>Addresses that share their ports.</summary>
public sealed record EndpointSubset
{
    /// <summary>The addresses that take traffic.</summary>
    public ValueList<EndpointAddress> Addresses { get; init; }

    /// <summary>The addresses that do not yet.</summary>
    public ValueList<EndpointAddress> NotReadyAddresses { get; init; }

    /// <summary>The ports.</summary>
    public ValueList<EndpointPort> Ports { get; init; }
}
