namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>An address family.</summary>
public enum IPFamily
{
    /// <summary>IPv4.</summary>
    IPv4,

    /// <summary>IPv6.</summary>
    IPv6,
}
