namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A port a container says it listens on.</summary>
public sealed record ContainerPort
{
    /// <summary>The name a Service's target port can refer to; empty when absent.</summary>
    public string Name { get; init; } = "";

    /// <summary>The number, 1 to 65535.</summary>
    public int Number { get; init; }

    /// <summary>The protocol; TCP when absent.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>The port of the node that leads here, or 0.</summary>
    public int HostPort { get; init; }
}
