using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What kube-proxy knows of one port of a Service, for one family.</summary>
/// <remarks>pkg/proxy/serviceport.go newBaseServiceInfo. Two equal records mean that the Service did not
/// change.</remarks>
public sealed record ServicePortInfo
{
    /// <summary>The label that takes a Service away from kube-proxy.</summary>
    public const string ServiceProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>The identity.</summary>
    public required ServicePortName Name { get; init; }

    /// <summary>The cluster IP of the family.</summary>
    public required string ClusterIP { get; init; }

    /// <summary>The port on the Service's addresses.</summary>
    public required int Port { get; init; }

    /// <summary>The port on every node, or 0; honoured whatever the type of the Service.</summary>
    public int NodePort { get; init; }

    /// <summary>The external IPs of the family.</summary>
    public ValueList<string> ExternalIPs { get; init; }

    /// <summary>The load balancer addresses of the family that nodes accept.</summary>
    public ValueList<string> LoadBalancerVIPs { get; init; }

    /// <summary>The sources the load balancer addresses accept; empty means all.</summary>
    public ValueList<string> LoadBalancerSourceRanges { get; init; }

    /// <summary>Whether outside traffic stays on the node.</summary>
    public bool ExternalPolicyLocal { get; init; }

    /// <summary>Whether inside traffic stays on the node.</summary>
    public bool InternalPolicyLocal { get; init; }

    /// <summary>How long a client stays with its endpoint, in seconds; 0 without affinity.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>The port asked for the node's health for this Service, or 0.</summary>
    public int HealthCheckNodePort { get; init; }

    /// <summary>Whether anything but the cluster IP leads here.</summary>
    public bool IsExternallyAccessible => NodePort != 0 || LoadBalancerVIPs.Count > 0 || ExternalIPs.Count > 0;

    /// <summary>Whether endpoints on any node may be used.</summary>
    public bool UsesClusterEndpoints => !InternalPolicyLocal || IsExternallyAccessible;

    /// <summary>Whether a policy needs the endpoints of this node.</summary>
    public bool UsesLocalEndpoints => InternalPolicyLocal || (ExternalPolicyLocal && IsExternallyAccessible);

    /// <summary>The service ports of a Service for a family; none for what kube-proxy skips.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="family">The family.</param>
    /// <exception cref="ArgumentNullException"><paramref name="service"/> is null.</exception>
    public static ValueList<ServicePortInfo> FromService(Service service, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(service);
        ServiceSpec spec = service.Spec;
        if (service.Metadata.Labels.ContainsKey(ServiceProxyNameLabel) || spec.Type == ServiceType.ExternalName ||
            ClusterIPOf(spec, family) is not { } clusterIP)
        {
            return default;
        }
        ServicePortInfo whole = WholeService(service, family, clusterIP);
        var ports = new List<ServicePortInfo>(spec.Ports.Count);
        foreach (ServicePort port in spec.Ports)
        {
            ports.Add(whole with
            {
                Name = new ServicePortName(service.Key, port.Name, port.Protocol),
                Port = port.Port,
                NodePort = port.NodePort,
            });
        }
        return ports.ToValueList();
    }

    private static ServicePortInfo WholeService(Service service, IPFamily family, string clusterIP)
    {
        ServiceSpec spec = service.Spec;
        bool isExternal = spec.Type is ServiceType.NodePort or ServiceType.LoadBalancer || spec.ExternalIPs.Count > 0;
        bool externalLocal = spec.ExternalTrafficPolicy == TrafficPolicy.Local && isExternal;
        return new ServicePortInfo
        {
            Name = default,
            ClusterIP = clusterIP,
            Port = 0,
            ExternalIPs = Addresses(spec.ExternalIPs, family),
            LoadBalancerVIPs = Addresses(VirtualAddresses(service), family),
            LoadBalancerSourceRanges = SourceRanges(spec.LoadBalancerSourceRanges, family),
            ExternalPolicyLocal = externalLocal,
            InternalPolicyLocal = spec.InternalTrafficPolicy == TrafficPolicy.Local,
            AffinitySeconds = spec.SessionAffinity == SessionAffinity.ClientIP ? spec.SessionAffinityTimeoutSeconds : 0,
            HealthCheckNodePort =
                spec.Type == ServiceType.LoadBalancer && externalLocal ? spec.HealthCheckNodePort : 0,
        };
    }

    private static string? ClusterIPOf(ServiceSpec spec, IPFamily family)
    {
        if (spec.ClusterIP is "" or "None")
        {
            return null;
        }
        string text = spec.ClusterIP;
        if (spec.IPFamilies.Count > 0)
        {
            int index = spec.IPFamilies.AsSpan().IndexOf(family);
            if (index < 0 || (index >= spec.ClusterIPs.Count && spec.ClusterIPs.Count > 0))
            {
                return null;
            }
            text = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs[index] : text;
        }
        return KubeAddress.TryParse(text, out KubeAddress address) && address.Family == family
            ? address.ToString()
            : null;
    }

    private static IEnumerable<string> VirtualAddresses(Service service) =>
        from ingress in service.LoadBalancerIngress.AsEnumerable()
        where ingress.IP is not null && ingress.IPMode == LoadBalancerIPMode.Vip
        select ingress.IP;

    private static ValueList<string> Addresses(IEnumerable<string> texts, IPFamily family)
    {
        var addresses = new List<string>();
        foreach (string text in texts)
        {
            if (KubeAddress.TryParse(text, out KubeAddress address) && address.Family == family)
            {
                addresses.Add(address.ToString());
            }
        }
        return addresses.ToValueList();
    }

    // A range of everything makes the others pointless, so the list counts as absent.
    private static ValueList<string> SourceRanges(ValueList<string> texts, IPFamily family)
    {
        var ranges = new List<string>();
        foreach (string text in texts)
        {
            if (!KubePrefix.TryParse(text.Trim(), out KubePrefix range) || range.Family != family)
            {
                continue;
            }
            if (range.Length == 0)
            {
                return default;
            }
            ranges.Add(range.ToString());
        }
        return ranges.ToValueList();
    }
}
