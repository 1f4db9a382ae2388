namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>What the addresses of a slice are.</summary>
public enum AddressType
{
    /// <summary>IPv4 addresses.</summary>
    IPv4,

    /// <summary>IPv6 addresses.</summary>
    IPv6,

    /// <summary>Domain names; kube-proxy ignores such slices.</summary>
    Fqdn,
}
