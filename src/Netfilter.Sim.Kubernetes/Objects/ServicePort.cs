namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>One port of a Service.</summary>
public sealed record ServicePort
{
    /// <summary>The port's name; empty when the Service has a single unnamed port.</summary>
    public string Name { get; init; } = "";

    /// <summary>The protocol; TCP when absent.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>The port on the Service's addresses, 1 to 65535.</summary>
    public int Port { get; init; }

    /// <summary>The port on the pods; empty means the same number as <see cref="Port"/>.</summary>
    public IntOrString TargetPort { get; init; }

    /// <summary>The port on every node; 0 when there is none.</summary>
    public int NodePort { get; init; }

    /// <summary>The application protocol, or null.</summary>
    public string? AppProtocol { get; init; }
}
