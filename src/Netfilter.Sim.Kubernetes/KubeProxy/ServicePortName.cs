using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The identity of a service port: the unit kube-proxy makes rules for.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Port">The port's name; empty when it has none.</param>
/// <param name="Protocol">The protocol.</param>
public readonly record struct ServicePortName(NamespacedName Service, string Port, TransportProtocol Protocol)
    : IComparable<ServicePortName>
{
    /// <summary>The name as it stands in comments and hashes: <c>namespace/name</c> or
    /// <c>namespace/name:port</c>.</summary>
    public string NameText => Port.Length == 0 ? Service.ToString() : Service + ":" + Port;

    /// <summary>The protocol as it stands in rules and hashes: <c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public string ProtocolText => Protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        _ => "sctp",
    };

    /// <summary>Orders by name text, then by protocol text, as rules are written here.</summary>
    /// <remarks>kube-proxy visits them in no order at all; a fixed one makes its text reproducible.</remarks>
    /// <param name="other">The other name.</param>
    public int CompareTo(ServicePortName other)
    {
        int byName = string.CompareOrdinal(NameText, other.NameText);
        return byName != 0 ? byName : string.CompareOrdinal(ProtocolText, other.ProtocolText);
    }

    /// <summary>Whether one comes before the other.</summary>
    /// <param name="left">One name.</param>
    /// <param name="right">The other name.</param>
    public static bool operator <(ServicePortName left, ServicePortName right) => left.CompareTo(right) < 0;

    /// <summary>Whether one comes after the other.</summary>
    /// <param name="left">One name.</param>
    /// <param name="right">The other name.</param>
    public static bool operator >(ServicePortName left, ServicePortName right) => left.CompareTo(right) > 0;

    /// <summary>Whether one comes before the other or they are equal.</summary>
    /// <param name="left">One name.</param>
    /// <param name="right">The other name.</param>
    public static bool operator <=(ServicePortName left, ServicePortName right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one comes after the other or they are equal.</summary>
    /// <param name="left">One name.</param>
    /// <param name="right">The other name.</param>
    public static bool operator >=(ServicePortName left, ServicePortName right) => left.CompareTo(right) >= 0;

    /// <summary>The form <c>namespace/name:port/TCP</c>.</summary>
    public override string ToString() => NameText + "/" + ProtocolText.ToUpperInvariant();
}
