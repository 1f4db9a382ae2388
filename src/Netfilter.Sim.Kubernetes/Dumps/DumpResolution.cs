using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>A dump held against manifests.</summary>
/// <param name="Rules">Every rule of the dump.</param>
/// <param name="Chains">The hashed chain names that could be resolved.</param>
/// <param name="UnknownChains">The hashed chain names no manifest explains.</param>
/// <param name="Missing">Rules kube-proxy would write that are not in the dump.</param>
public sealed record DumpResolution(
    ValueList<DumpRule> Rules, ValueList<ChainOrigin> Chains, ValueList<string> UnknownChains,
    ValueList<ProxyRule> Missing)
{
    /// <summary>The rules no manifest explains.</summary>
    public IEnumerable<DumpRule> Unexplained => Rules.AsEnumerable().Where(rule => rule.Origin is null);
}
