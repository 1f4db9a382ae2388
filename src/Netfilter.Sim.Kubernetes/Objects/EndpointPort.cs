namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>One port of a slice.</summary>
public sealed record EndpointPort
{
    /// <summary>The name of the Service port it serves; null makes kube-proxy skip it. A manifest without one has
    /// "".</summary>
    public string? Name { get; init; } = "";

    /// <summary>The protocol; TCP when absent.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>The number on the endpoint; null or 0 makes kube-proxy skip it.</summary>
    public int? Port { get; init; }

    /// <summary>The application protocol, or null.</summary>
    public string? AppProtocol { get; init; }
}
