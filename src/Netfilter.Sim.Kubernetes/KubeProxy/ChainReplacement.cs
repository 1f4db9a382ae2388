using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>A chain is created or emptied, and gets these rules.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Rules">All its rules.</param>
public sealed record ChainReplacement(string Table, string Chain, ValueList<ProxyRule> Rules) : ChainEdit(Table, Chain);
