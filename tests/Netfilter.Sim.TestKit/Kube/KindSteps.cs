using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The four-node kind cluster step by step: what is applied, and the cluster after it.</summary>
/// <remarks>Cluster IPs and the node port are facts of the recorded cluster, where the API server drew them; pod
/// addresses and the rest come out of the allocation.</remarks>
public static class KindSteps
{
    /// <summary>The steps in order, by the names of the recorded dumps.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "1-clusterip", "2-session-affinity", "3-nodeport", "4-external-traffic-policy-local",
        "5-custom-endpointslice-only",
    ];

    /// <summary>Plays the steps; the cluster is the same object at each.</summary>
    /// <param name="manifest">The text of a manifest by its file name.</param>
    public static IEnumerable<(string Name, ClusterState Cluster)> Play(Func<string, string> manifest)
    {
        ClusterState cluster = ClusterState.FromKind(ManifestReader.ReadOne<KindCluster>(manifest("kind-svc-1w.yaml")));
        cluster.ApplyText(manifest("3pod.yaml"));
        cluster.ApplyText(manifest("netpod.yaml"));
        Service clusterIP = WithAddress(manifest("svc-clusterip.yaml"), "10.200.1.52");
        cluster.Apply(clusterIP);
        yield return (Names[0], cluster);

        cluster.Apply(clusterIP with { Spec = clusterIP.Spec with { SessionAffinity = SessionAffinity.ClientIP } });
        yield return (Names[1], cluster);

        cluster.Apply(clusterIP);
        Service nodePort = WithAddress(manifest("svc-nodeport.yaml"), "10.200.1.172");
        nodePort = nodePort with { Spec = nodePort.Spec with { Ports = [nodePort.Spec.Ports[0] with { NodePort = 32518 }] } };
        cluster.Apply(nodePort);
        cluster.ApplyText(manifest("echo-deploy.yaml"));
        yield return (Names[2], cluster);

        cluster.Apply(nodePort with { Spec = nodePort.Spec with { ExternalTrafficPolicy = TrafficPolicy.Local } });
        yield return (Names[3], cluster);

        // Without the selector first, the controller would make its slice anew.
        cluster.Apply(nodePort with { Spec = nodePort.Spec with { Selector = default } });
        EndpointSlice own = cluster.EndpointSlices.Single(slice => slice.ServiceKey == nodePort.Key);
        cluster.ApplyText(manifest("endpointslice.yaml"));
        cluster.Delete(own);
        yield return (Names[4], cluster);
    }

    private static Service WithAddress(string text, string address)
    {
        Service service = ManifestReader.ReadOne<Service>(text);
        return service with { Spec = service.Spec with { ClusterIP = address } };
    }
}
