namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The chains every node has, by their names.</summary>
public static class KubeChains
{
    /// <summary>Addresses of Services (nat), and Services that refuse (filter).</summary>
    public const string Services = "KUBE-SERVICES";

    /// <summary>External addresses of Services that refuse (filter).</summary>
    public const string ExternalServices = "KUBE-EXTERNAL-SERVICES";

    /// <summary>Node ports (nat), and health-check node ports (filter).</summary>
    public const string NodePorts = "KUBE-NODEPORTS";

    /// <summary>Masquerading (nat).</summary>
    public const string Postrouting = "KUBE-POSTROUTING";

    /// <summary>Setting the masquerade mark (nat).</summary>
    public const string MarkMasquerade = "KUBE-MARK-MASQ";

    /// <summary>Forwarding (filter).</summary>
    public const string Forward = "KUBE-FORWARD";

    /// <summary>What a load balancer's source ranges did not accept (filter).</summary>
    public const string ProxyFirewall = "KUBE-PROXY-FIREWALL";

    /// <summary>Packets that must not reach 127.0.0.0/8 (filter); kubelet has the same.</summary>
    public const string Firewall = "KUBE-FIREWALL";

    /// <summary>An empty chain whose absence shows that somebody flushed the tables.</summary>
    public const string Canary = "KUBE-PROXY-CANARY";

    internal const string Filter = "filter";
    internal const string Nat = "nat";

    private static readonly string[] PerServicePrefixes =
        ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-FW-", "KUBE-EXT-"];

    /// <summary>Whether a nat chain, by its name, belongs to a service port.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <exception cref="ArgumentNullException"><paramref name="chain"/> is null.</exception>
    public static bool IsPerService(string chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        foreach (string prefix in PerServicePrefixes)
        {
            if (chain.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }
}
