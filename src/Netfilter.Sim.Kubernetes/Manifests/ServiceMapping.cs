using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads Services.</summary>
internal static class ServiceMapping
{
    public static Service Read(ManifestField field) => new()
    {
        Metadata = MetadataMapping.ReadNamed(field["metadata"], "default"),
        Spec = ReadSpec(field["spec"]),
        LoadBalancerIngress = field["status"]["loadBalancer"]["ingress"].List(ReadIngress),
    };

    public static TransportProtocol Protocol(ManifestField field) => field.Choice(
        TransportProtocol.Tcp,
        ("TCP", TransportProtocol.Tcp), ("UDP", TransportProtocol.Udp), ("SCTP", TransportProtocol.Sctp));

    private static ServiceSpec ReadSpec(ManifestField spec) => new()
    {
        Type = spec["type"].Choice(
            ServiceType.ClusterIP,
            ("ClusterIP", ServiceType.ClusterIP), ("NodePort", ServiceType.NodePort),
            ("LoadBalancer", ServiceType.LoadBalancer), ("ExternalName", ServiceType.ExternalName)),
        ClusterIP = ClusterIP(spec["clusterIP"]),
        ClusterIPs = spec["clusterIPs"].List(ClusterIP),
        IPFamilies = spec["ipFamilies"].List(static item => item.Choice(
            IPFamily.IPv4, ("IPv4", IPFamily.IPv4), ("IPv6", IPFamily.IPv6))),
        IPFamilyPolicy = spec["ipFamilyPolicy"].Choice(
            IPFamilyPolicy.SingleStack,
            ("SingleStack", IPFamilyPolicy.SingleStack), ("PreferDualStack", IPFamilyPolicy.PreferDualStack),
            ("RequireDualStack", IPFamilyPolicy.RequireDualStack)),
        Ports = spec["ports"].List(ReadPort),
        Selector = spec["selector"].Map(),
        ExternalIPs = spec["externalIPs"].TextList(),
        ExternalName = spec["externalName"].TextOrNull(),
        LoadBalancerIP = spec["loadBalancerIP"].TextOrNull(),
        LoadBalancerSourceRanges = spec["loadBalancerSourceRanges"].TextList(),
        AllocateLoadBalancerNodePorts = spec["allocateLoadBalancerNodePorts"].Bool(true),
        SessionAffinity = spec["sessionAffinity"].Choice(
            SessionAffinity.None, ("None", SessionAffinity.None), ("ClientIP", SessionAffinity.ClientIP)),
        SessionAffinityTimeoutSeconds =
            spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].Int(1, 86400, 10800),
        ExternalTrafficPolicy = Policy(spec["externalTrafficPolicy"]),
        InternalTrafficPolicy = Policy(spec["internalTrafficPolicy"]),
        HealthCheckNodePort = spec["healthCheckNodePort"].Int(0, 65535, 0),
        PublishNotReadyAddresses = spec["publishNotReadyAddresses"].Bool(false),
        TrafficDistribution = spec["trafficDistribution"].TextOrNull(),
    };

    private static TrafficPolicy Policy(ManifestField field) => field.Choice(
        TrafficPolicy.Cluster, ("Cluster", TrafficPolicy.Cluster), ("Local", TrafficPolicy.Local));

    private static string ClusterIP(ManifestField field) => field.Text() == "None" ? "None" : field.Address();

    private static ServicePort ReadPort(ManifestField field)
    {
        field["port"].Require();
        return new ServicePort
        {
            Name = field["name"].Text(),
            Protocol = Protocol(field["protocol"]),
            // Go prints numbers nobody set as 0, and objects printed by Go are read here too.
            Port = field["port"].Int(0, 65535, 0),
            TargetPort = field["targetPort"].PortOrName(),
            NodePort = field["nodePort"].Int(0, 65535, 0),
            AppProtocol = field["appProtocol"].TextOrNull(),
        };
    }

    private static LoadBalancerIngress ReadIngress(ManifestField field) => new()
    {
        IP = field["ip"].TextOrNull(),
        Hostname = field["hostname"].TextOrNull(),
        IPMode = field["ipMode"].Choice(
            LoadBalancerIPMode.Vip, ("VIP", LoadBalancerIPMode.Vip), ("Proxy", LoadBalancerIPMode.Proxy)),
    };
}
