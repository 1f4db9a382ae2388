namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>How many rules stand in each chain that all service ports share.</summary>
internal readonly record struct SharedRuleCounts(
    int Services, int External, int NodePorts, int Firewall, int NatServices, int NatNodePorts)
{
    public int Filter => Services + External + NodePorts + Firewall;

    public int Nat => NatServices + NatNodePorts;

    public static SharedRuleCounts operator +(SharedRuleCounts a, SharedRuleCounts b) => new(
        a.Services + b.Services, a.External + b.External, a.NodePorts + b.NodePorts, a.Firewall + b.Firewall,
        a.NatServices + b.NatServices, a.NatNodePorts + b.NatNodePorts);

    public static SharedRuleCounts operator -(SharedRuleCounts a, SharedRuleCounts b) => new(
        a.Services - b.Services, a.External - b.External, a.NodePorts - b.NodePorts, a.Firewall - b.Firewall,
        a.NatServices - b.NatServices, a.NatNodePorts - b.NatNodePorts);

    public int Of(string table, string chain) => (table, chain) switch
    {
        (KubeChains.Nat, KubeChains.Services) => NatServices,
        (KubeChains.Nat, _) => NatNodePorts,
        (_, KubeChains.Services) => Services,
        (_, KubeChains.ExternalServices) => External,
        (_, KubeChains.NodePorts) => NodePorts,
        _ => Firewall,
    };
}
