namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A protocol a Service can carry.</summary>
public enum TransportProtocol
{
    /// <summary>TCP, the default.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>SCTP.</summary>
    Sctp,
}
