using System.Text;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What <c>kube-proxy --cleanup</c> takes away.</summary>
/// <remarks>pkg/proxy/iptables/cleanup.go CleanupLeftovers. KUBE-FIREWALL stays, since kubelet may rely on
/// it.</remarks>
public static class KubeProxyCleanup
{
    private static readonly string[] FilterChains =
    [
        KubeChains.Services, KubeChains.ExternalServices, KubeChains.Forward, KubeChains.NodePorts,
        KubeChains.ProxyFirewall, KubeChains.Canary,
    ];

    private static readonly string[] NatChains =
    [
        KubeChains.Services, KubeChains.NodePorts, KubeChains.Postrouting, KubeChains.MarkMasquerade,
        KubeChains.Canary,
    ];

    /// <summary>The jumps deleted first, where they stand.</summary>
    public static IEnumerable<JumpRule> Jumps => JumpRule.All.Where(jump => !jump.IsShared);

    /// <summary>The text for <c>iptables-restore --noflush</c> that removes kube-proxy's chains.</summary>
    /// <param name="chainsOf">The names of the chains of a table (<c>nat</c>, <c>filter</c>, <c>mangle</c>).</param>
    /// <exception cref="ArgumentNullException"><paramref name="chainsOf"/> is null.</exception>
    public static string RestoreText(Func<string, IEnumerable<string>> chainsOf)
    {
        ArgumentNullException.ThrowIfNull(chainsOf);
        var text = new StringBuilder();
        Remove(text, KubeChains.Nat, chainsOf(KubeChains.Nat)
            .Where(chain => NatChains.Contains(chain) || KubeChains.IsPerService(chain)));
        Remove(text, KubeChains.Filter, chainsOf(KubeChains.Filter).Where(chain => FilterChains.Contains(chain)));
        Remove(text, "mangle", chainsOf("mangle").Where(chain => chain == KubeChains.Canary));
        return text.ToString();
    }

    private static void Remove(StringBuilder text, string table, IEnumerable<string> chains)
    {
        string[] ordered = [.. chains.Order(StringComparer.Ordinal)];
        text.Append('*').Append(table).Append('\n');
        foreach (string chain in ordered)
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }
        foreach (string chain in ordered)
        {
            text.Append("-X ").Append(chain).Append('\n');
        }
        text.Append("COMMIT\n");
    }
}
