namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>A generated rule: the exact line and where it comes from.</summary>
/// <param name="Table">The table, <c>filter</c> or <c>nat</c>.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Specification">What follows the chain's name in the line.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record ProxyRule(string Table, string Chain, string Specification, RuleOrigin Origin)
{
    /// <summary>The line handed to iptables-restore, without its line end.</summary>
    public string Text => "-A " + Chain + " " + Specification;

    /// <summary>The line.</summary>
    public override string ToString() => Text;
}
