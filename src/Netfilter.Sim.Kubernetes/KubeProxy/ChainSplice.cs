using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Some rules of a chain are replaced by others in their place.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Index">The place of the first rule concerned, from 0, after all edits before this one.</param>
/// <param name="RemoveCount">How many rules go.</param>
/// <param name="Rules">The rules that come in their place.</param>
public sealed record ChainSplice(string Table, string Chain, int Index, int RemoveCount, ValueList<ProxyRule> Rules)
    : ChainEdit(Table, Chain);
