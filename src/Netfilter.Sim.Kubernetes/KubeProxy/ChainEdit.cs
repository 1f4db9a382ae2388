namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>One step of a partial sync as an edit of the rules that stand, instead of a text that repeats
/// them.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
public abstract record ChainEdit(string Table, string Chain);
