namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>A jump from a built-in chain, which a full sync inserts at its head when it is missing.</summary>
/// <param name="Table">The table.</param>
/// <param name="From">The built-in chain.</param>
/// <param name="Specification">The rule: conditions, comment and jump.</param>
/// <param name="To">The chain it leads to, created when missing.</param>
public sealed record JumpRule(string Table, string From, string Specification, string To)
{
    private const string New = "-m conntrack --ctstate NEW ";

    /// <summary>The jumps in the order in which kube-proxy handles them.</summary>
    /// <remarks>pkg/proxy/iptables/proxier.go iptablesJumpChains, iptablesKubeletJumpChains. As each goes to the head,
    /// a fresh host has them in reverse.</remarks>
    public static IReadOnlyList<JumpRule> All { get; } =
    [
        Make("filter", "INPUT", New, "kubernetes externally-visible service portals", KubeChains.ExternalServices),
        Make("filter", "FORWARD", New, "kubernetes externally-visible service portals", KubeChains.ExternalServices),
        Make("filter", "INPUT", "", "kubernetes health check service ports", KubeChains.NodePorts),
        Make("filter", "FORWARD", New, "kubernetes service portals", KubeChains.Services),
        Make("filter", "OUTPUT", New, "kubernetes service portals", KubeChains.Services),
        Make("filter", "FORWARD", "", "kubernetes forwarding rules", KubeChains.Forward),
        Make("filter", "INPUT", New, "kubernetes load balancer firewall", KubeChains.ProxyFirewall),
        Make("filter", "OUTPUT", New, "kubernetes load balancer firewall", KubeChains.ProxyFirewall),
        Make("filter", "FORWARD", New, "kubernetes load balancer firewall", KubeChains.ProxyFirewall),
        Make("nat", "OUTPUT", "", "kubernetes service portals", KubeChains.Services),
        Make("nat", "PREROUTING", "", "kubernetes service portals", KubeChains.Services),
        Make("nat", "POSTROUTING", "", "kubernetes postrouting rules", KubeChains.Postrouting),
        new("filter", "INPUT", "-j " + KubeChains.Firewall, KubeChains.Firewall),
        new("filter", "OUTPUT", "-j " + KubeChains.Firewall, KubeChains.Firewall),
    ];

    /// <summary>Whether <c>kube-proxy --cleanup</c> leaves it, because kubelet writes the same.</summary>
    public bool IsShared => To == KubeChains.Firewall;

    /// <summary>The rule with its origin.</summary>
    public ProxyRule ToRule() => new(Table, From, Specification, new RuleOrigin { Reason = RuleReason.ChainJump });

    private static JumpRule Make(string table, string from, string match, string comment, string to) =>
        new(table, from, $"{match}-m comment --comment \"{comment}\" -j {to}", to);
}
