using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>What a rule of kube-proxy did, in the words of Kubernetes.</summary>
internal static class ReasonWords
{
    public static string Of(RuleOrigin origin)
    {
        string words = origin.Reason == RuleReason.NoLocalEndpoints ? NoLocalEndpoints(origin) : Of(origin.Reason);
        bool namesAddress = origin.Reason is RuleReason.ClusterIP or RuleReason.ExternalIP or RuleReason.LoadBalancerIP or RuleReason.SourceRange;
        string address = namesAddress ? $" {origin.Address}" : "";
        string endpoint = origin.Endpoint is null ? "" : $" {origin.Endpoint.Text}";
        return origin.ServicePort is null ? words + address : $"{origin.ServicePort.Name.NameText}: {words}{address}{endpoint}";
    }

    private static string NoLocalEndpoints(RuleOrigin origin)
    {
        string policy = origin.Address is not null && origin.Address == origin.ServicePort?.ClusterIP ? "internalTrafficPolicy" : "externalTrafficPolicy";
        return $"{policy} is Local and this node has no endpoint that is ready: dropped";
    }

    /// <summary>Whether a rule of this sort says something about a connection; the rest is kube-proxy's plumbing.</summary>
    public static bool Matters(RuleReason reason) => reason is not (RuleReason.ChainJump or RuleReason.NodePortsJump
        or RuleReason.MasqueradeUnmarkedReturn or RuleReason.MasqueradeUnmark or RuleReason.MasqueradeMark
        or RuleReason.ForwardMarked or RuleReason.ForwardEstablished or RuleReason.Masquerade);

    private static string Of(RuleReason reason) => reason switch
    {
        RuleReason.LocalnetDrop => "packets from elsewhere to 127.0.0.0/8 are dropped",
        RuleReason.InvalidDrop => "conntrack does not know the connection, so it is dropped",
        RuleReason.ClusterIP => "cluster IP",
        RuleReason.ExternalIP => "external IP",
        RuleReason.LoadBalancerIP => "load balancer address",
        RuleReason.NodePort or RuleReason.LocalhostNodePort => "node port",
        RuleReason.HealthCheckNodePort => "health-check node port",
        RuleReason.NoEndpoints => "the Service has no endpoint that is ready: rejected",
        RuleReason.LoadBalancerFirewallDrop => "loadBalancerSourceRanges do not hold the source: dropped",
        RuleReason.MasqueradeClusterIPTraffic => "comes from outside the pod network, so it is masqueraded",
        RuleReason.MasqueradeExternalTraffic => "comes from outside and may go to another node, so it is masqueraded",
        RuleReason.PodTrafficToExternal => "from a pod, so all endpoints count",
        RuleReason.MasqueradeNodeTrafficToExternal => "the node's own, so it is masqueraded",
        RuleReason.NodeTrafficToExternal => "the node's own, so all endpoints count",
        RuleReason.ExternalTrafficPolicy => "externalTrafficPolicy decides",
        RuleReason.SourceRange => "loadBalancerSourceRanges hold the source",
        RuleReason.SourceRangeNode => "loadBalancerSourceRanges hold the node",
        RuleReason.SourceRangesEnd => "loadBalancerSourceRanges do not hold the source",
        RuleReason.SessionAffinity => "session affinity keeps",
        RuleReason.EndpointChoice => "chosen:",
        RuleReason.Hairpin => "the pod calls itself, so it is masqueraded:",
        RuleReason.EndpointDnat => "goes to",
        _ => reason.ToString(),
    };
}
