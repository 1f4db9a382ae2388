namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A port of the host that leads to a kind node.</summary>
/// <param name="ContainerPort">The port on the node.</param>
/// <param name="HostPort">The port on the host.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="ListenAddress">The host address it listens on; null means all.</param>
public sealed record KindPortMapping(
    int ContainerPort, int HostPort, TransportProtocol Protocol = TransportProtocol.Tcp, string? ListenAddress = null);
