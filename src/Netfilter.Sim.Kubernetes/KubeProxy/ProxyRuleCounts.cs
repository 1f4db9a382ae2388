namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What kube-proxy's metrics say of a sync.</summary>
/// <param name="FilterRules">The rules in filter (sync_proxy_rules_iptables_total).</param>
/// <param name="NatRulesLastSync">The nat rules this sync wrote (sync_proxy_rules_iptables_last).</param>
/// <param name="NatRulesTotal">The nat rules there are.</param>
/// <param name="TotalEndpoints">The endpoints of all service ports, ready or not.</param>
/// <param name="NoLocalEndpointsInternal">Service ports whose internal policy drops traffic here.</param>
/// <param name="NoLocalEndpointsExternal">Service ports whose external policy drops traffic here.</param>
public sealed record ProxyRuleCounts(
    int FilterRules, int NatRulesLastSync, int NatRulesTotal, int TotalEndpoints, int NoLocalEndpointsInternal,
    int NoLocalEndpointsExternal);
