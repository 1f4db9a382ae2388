namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>A chain is emptied and deleted.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
public sealed record ChainRemoval(string Table, string Chain) : ChainEdit(Table, Chain);
