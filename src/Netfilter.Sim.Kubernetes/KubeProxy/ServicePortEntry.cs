using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>One service port with its endpoints and everything decided about it; replaced whole when it
/// changes.</summary>
/// <remarks>The decisions are those at the head of the service loop of pkg/proxy/iptables/proxier.go
/// syncProxyRules.</remarks>
internal sealed class ServicePortEntry
{
    private readonly ProxierContext _context;

    public ServicePortEntry(
        ProxierContext context, ServicePortInfo info, ValueList<EndpointInfo> endpoints, string? zone)
    {
        _context = context;
        Info = info;
        NameText = info.Name.NameText;
        ProtocolText = info.Name.ProtocolText;
        Endpoints = endpoints;
        Chains = new ServiceChains(info.Name);
        KubeProxierSettings settings = context.Settings;
        Selection = EndpointSelection.Select(endpoints, info, settings.NodeName, zone, settings.UseNodeHints);
        Has = Selection.HasEndpoints;
        HasInternal = Has && (!info.InternalPolicyLocal || Selection.Local.Count > 0);
        HasExternal = Has && (!info.ExternalPolicyLocal || Selection.Local.Count > 0);
        UsesExternalChain = Has && info.IsExternallyAccessible;
        UsesFirewall = Has && info.LoadBalancerVIPs.Count > 0 && info.LoadBalancerSourceRanges.Count > 0;
        UsesClusterChain = Selection.Cluster.Count > 0 && info.UsesClusterEndpoints;
        UsesLocalChain = Selection.Local.Count > 0 && info.UsesLocalEndpoints;
        NodeInSourceRanges = UsesFirewall && context.NodeIsIn(info.LoadBalancerSourceRanges);
        EndpointChains = new string[Selection.Reachable.Count];
        for (int i = 0; i < EndpointChains.Length; i++)
        {
            EndpointChains[i] = Chains.Endpoint(Selection.Reachable[i].Text);
        }
        Shared = CountShared();
        OwnRuleCount = CountOwn();
    }

    public ServicePortInfo Info { get; }

    public string NameText { get; }

    public string ProtocolText { get; }

    public ValueList<EndpointInfo> Endpoints { get; }

    public ServiceChains Chains { get; }

    public EndpointSelection Selection { get; }

    /// <summary>The chains of <see cref="EndpointSelection.Reachable"/>, in its order.</summary>
    public string[] EndpointChains { get; }

    public bool Has { get; }

    public bool HasInternal { get; }

    public bool HasExternal { get; }

    public bool UsesExternalChain { get; }

    public bool UsesFirewall { get; }

    public bool UsesClusterChain { get; }

    public bool UsesLocalChain { get; }

    public bool NodeInSourceRanges { get; }

    public SharedRuleCounts Shared { get; }

    public int OwnRuleCount { get; }

    public string InternalChain => Info.InternalPolicyLocal ? Chains.LocalPolicy : Chains.ClusterPolicy;

    public string ExternalPolicyChain => Info.ExternalPolicyLocal ? Chains.LocalPolicy : Chains.ClusterPolicy;

    /// <summary>The nat chains it has now, in the order in which they are declared.</summary>
    public IEnumerable<string> OwnChains()
    {
        if (UsesExternalChain)
        {
            yield return Chains.External;
        }
        if (UsesFirewall)
        {
            yield return Chains.Firewall;
        }
        if (UsesClusterChain)
        {
            yield return Chains.ClusterPolicy;
        }
        if (UsesLocalChain)
        {
            yield return Chains.LocalPolicy;
        }
        foreach (string chain in EndpointChains)
        {
            yield return chain;
        }
    }

    private SharedRuleCounts CountShared()
    {
        int external = Info.ExternalIPs.Count;
        int virtuals = Info.LoadBalancerVIPs.Count;
        int nodePort = Info.NodePort == 0 ? 0 : 1;
        int nodePortRules = nodePort * (_context.CountLocalhostNodePorts ? 2 : 1);
        return new SharedRuleCounts(
            Services: HasInternal ? 0 : 1,
            External: HasExternal ? 0 : external + virtuals + nodePort,
            NodePorts: Info.HealthCheckNodePort == 0 ? 0 : 1,
            Firewall: UsesFirewall ? virtuals : 0,
            NatServices: (HasInternal ? 1 : 0) + (Has ? external + virtuals : 0),
            NatNodePorts: Has ? nodePortRules : 0);
    }

    private int CountOwn()
    {
        int count = HasInternal && (_context.Settings.MasqueradeAll || _context.DetectsLocal) ? 1 : 0;
        if (UsesExternalChain)
        {
            count += Info.ExternalPolicyLocal ? 2 + (_context.DetectsLocal ? 1 : 0) : 1;
            count += HasExternal ? 1 : 0;
        }
        if (UsesFirewall)
        {
            count += Info.LoadBalancerSourceRanges.Count + 1 + (NodeInSourceRanges ? Info.LoadBalancerVIPs.Count : 0);
        }
        int perEndpoint = Info.AffinitySeconds > 0 ? 2 : 1;
        count += UsesClusterChain ? Selection.Cluster.Count * perEndpoint : 0;
        count += UsesLocalChain ? Selection.Local.Count * perEndpoint : 0;
        return count + (2 * EndpointChains.Length);
    }
}
