using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Which endpoints of a service port a node uses.</summary>
/// <remarks>pkg/proxy/topology.go CategorizeEndpoints.</remarks>
/// <param name="Cluster">The endpoints of the cluster policy, by hints and readiness.</param>
/// <param name="Local">The endpoints of the local policy.</param>
/// <param name="Reachable">The endpoints that some chain of this node leads to.</param>
/// <param name="HasEndpoints">Whether the service port works anywhere; if not, its traffic is rejected.</param>
public sealed record EndpointSelection(
    ValueList<EndpointInfo> Cluster,
    ValueList<EndpointInfo> Local,
    ValueList<EndpointInfo> Reachable,
    bool HasEndpoints)
{
    private static readonly EndpointSelection Nothing = new(default, default, default, false);

    /// <summary>Chooses among the endpoints of a service port.</summary>
    /// <param name="endpoints">All endpoints, in text order.</param>
    /// <param name="port">The service port.</param>
    /// <param name="nodeName">The node's name.</param>
    /// <param name="zone">The node's zone, or null.</param>
    /// <param name="useNodeHints">Whether node hints count (releases from 1.34 on).</param>
    /// <exception cref="ArgumentNullException"><paramref name="port"/> is null.</exception>
    public static EndpointSelection Select(
        ValueList<EndpointInfo> endpoints, ServicePortInfo port, string nodeName, string? zone,
        bool useNodeHints = true)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (endpoints.Count == 0)
        {
            return Nothing;
        }
        Func<EndpointInfo, bool>? hinted = null;
        ValueList<EndpointInfo> cluster = default;
        if (port.UsesClusterEndpoints)
        {
            hinted = HintFilter(endpoints, nodeName, zone, useNodeHints);
            cluster = Where(endpoints, e => e.IsReady && (hinted is null || hinted(e)));
            cluster = cluster.Count > 0 ? cluster : Where(endpoints, e => e.IsServingTerminating);
        }
        if (!port.UsesLocalEndpoints)
        {
            return new EndpointSelection(cluster, default, cluster, cluster.Count > 0);
        }
        ValueList<EndpointInfo> local = Where(endpoints, e => e.IsLocal && e.IsReady);
        bool fellBack = local.Count == 0;
        local = fellBack ? Where(endpoints, e => e.IsLocal && e.IsServingTerminating) : local;
        bool has = cluster.Count > 0 || endpoints.AsEnumerable().Any(e => e.IsReady || e.IsServingTerminating);
        if (!port.UsesClusterEndpoints)
        {
            return new EndpointSelection(cluster, local, local, has);
        }
        // Without hints the ready local endpoints are among the cluster's.
        bool covered = hinted is null && !(fellBack && local.Count > 0);
        return new EndpointSelection(cluster, local, covered ? cluster : Union(endpoints, cluster, local), has);
    }

    // Hints count only when every ready endpoint has some and one of them names this node or zone.
    private static Func<EndpointInfo, bool>? HintFilter(
        ValueList<EndpointInfo> endpoints, string nodeName, string? zone, bool useNodeHints)
    {
        (bool anyReady, bool allNode, bool allZone, bool thisNode, bool thisZone) = (false, true, true, false, false);
        foreach (EndpointInfo endpoint in endpoints)
        {
            if (endpoint.IsReady)
            {
                anyReady = true;
                allNode &= endpoint.NodeHints.Count > 0;
                allZone &= endpoint.ZoneHints.Count > 0;
                thisNode |= endpoint.NodeHints.AsSpan().Contains(nodeName);
                thisZone |= endpoint.ZoneHints.AsSpan().Contains(zone ?? "");
            }
        }
        if (anyReady && useNodeHints && allNode && thisNode)
        {
            return e => e.NodeHints.AsSpan().Contains(nodeName);
        }
        return anyReady && allZone && thisZone && !string.IsNullOrEmpty(zone)
            ? e => e.ZoneHints.AsSpan().Contains(zone)
            : null;
    }

    private static ValueList<EndpointInfo> Where(ValueList<EndpointInfo> endpoints, Func<EndpointInfo, bool> condition)
    {
        var chosen = new List<EndpointInfo>(endpoints.Count);
        foreach (EndpointInfo endpoint in endpoints)
        {
            if (condition(endpoint))
            {
                chosen.Add(endpoint);
            }
        }
        return chosen.Count == endpoints.Count ? endpoints : chosen.ToValueList();
    }

    // kube-proxy merges in no order; text order is the order the whole list already has.
    private static ValueList<EndpointInfo> Union(
        ValueList<EndpointInfo> endpoints, ValueList<EndpointInfo> cluster, ValueList<EndpointInfo> local)
    {
        var either = new HashSet<EndpointInfo>(ReferenceEqualityComparer.Instance);
        either.UnionWith(cluster);
        either.UnionWith(local);
        return Where(endpoints, either.Contains);
    }
}
