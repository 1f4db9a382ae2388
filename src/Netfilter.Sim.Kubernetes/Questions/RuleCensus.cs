using System.Globalization;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>How many rules a node has for what.</summary>
/// <param name="Node">The node.</param>
/// <param name="ByServiceType">Rules for Services of each type.</param>
/// <param name="ByService">Rules for each Service.</param>
/// <param name="Fixed">Rules that every node has, the jumps aside.</param>
public sealed record RuleCensus(
    string Node,
    IReadOnlyDictionary<ServiceType, int> ByServiceType,
    IReadOnlyDictionary<NamespacedName, int> ByService,
    int Fixed)
{
    /// <summary>All rules that a full sync writes.</summary>
    public int Total => Fixed + ByService.Values.Sum();

    /// <summary>Counts the rules of a node.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="family">The family.</param>
    public static RuleCensus Of(Cluster cluster, string node, IPFamily family = IPFamily.IPv4)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        IReadOnlyList<ProxyRule> rules = cluster.ProxierOf(node, family).CreateFullPayload().Rules();
        Dictionary<NamespacedName, int> byService = rules.Where(rule => rule.Origin.Service is not null)
            .CountBy(rule => rule.Origin.Service!.Value).ToDictionary();
        Dictionary<ServiceType, int> byType = byService
            .GroupBy(pair => cluster.State.FindService(pair.Key.ToString())?.Spec.Type ?? ServiceType.ClusterIP)
            .ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value));
        return new RuleCensus(node, byType, byService, rules.Count(rule => rule.Origin.Service is null));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Node}: {Total} rules, {Fixed} fixed; {string.Join(", ", ByServiceType.Select(pair => $"{pair.Key} {pair.Value}"))}");
}
