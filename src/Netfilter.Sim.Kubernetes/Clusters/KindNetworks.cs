using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>The networks of a kind cluster, its defaults filled in.</summary>
/// <param name="Pods">The pod networks, one a family.</param>
/// <param name="Services">The service networks, one a family.</param>
/// <param name="Nodes">The networks the nodes' addresses come from, one a family.</param>
public sealed record KindNetworks(ValueList<string> Pods, ValueList<string> Services, ValueList<string> Nodes)
{
    /// <summary>The networks kind uses for a configuration.</summary>
    /// <param name="cluster">The configuration.</param>
    /// <exception cref="ArgumentNullException"><paramref name="cluster"/> is null.</exception>
    /// <remarks>kind pkg/internal/apis/config/default.go; the nodes' networks are those of its Docker
    /// network.</remarks>
    public static KindNetworks Of(KindCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new KindNetworks(
            Choose(cluster.PodSubnet, cluster.IPFamily, "10.244.0.0/16", "fd00:10:244::/56"),
            Choose(cluster.ServiceSubnet, cluster.IPFamily, "10.96.0.0/16", "fd00:10:96::/112"),
            Choose(null, cluster.IPFamily, "172.18.0.0/16", "fc00:f853:ccd:e793::/64"));
    }

    private static ValueList<string> Choose(string? given, string family, string v4, string v6)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            return given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .ToValueList();
        }
        return family switch
        {
            "ipv6" => [v6],
            "dual" => [v4, v6],
            _ => [v4],
        };
    }
}
