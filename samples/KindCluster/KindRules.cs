using System.Text.RegularExpressions;
using Netfilter.Sim;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Text;

namespace KindCluster;

/// <summary>
/// The cluster's objects, step by step from the manifests, and kube-proxy on every node, whose rules must be what
/// iptables-save printed there.
/// </summary>
internal sealed partial class KindRules
{
    private readonly IEnumerator<string> _steps;
    private readonly ClusterState _cluster = ClusterState.FromKind(ManifestReader.ReadOne<Netfilter.Sim.Kubernetes.Objects.KindCluster>(Manifest("kind-svc-1w.yaml")));
    private readonly List<(KubeProxier Proxier, NodeTables Tables)> _proxies = [];

    public KindRules(IEnumerable<NetworkNamespace> nodes, TimeProvider clock)
    {
        _steps = Steps().GetEnumerator();
        foreach (NetworkNamespace node in nodes)
        {
            NodeTables tables = new(node, IPFamily.IPv4);
            MakeCanaries(node);
            _proxies.Add((_cluster.AddProxier(node.Name, clock), tables));
        }
    }

    /// <summary>Goes on to a step and lets every kube-proxy sync.</summary>
    public void GoTo(string step)
    {
        while (_steps.Current != step)
        {
            if (!_steps.MoveNext())
            {
                throw new ArgumentException($"There is no step {step} any more.", nameof(step));
            }
        }
        foreach ((KubeProxier proxier, NodeTables tables) in _proxies)
        {
            ProxySync sync = proxier.Sync(tables.Restore);
            string recorded = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", "rules", tables.Host.Name, step + ".rules"));
            if (!sync.Succeeded || !Tables(recorded).SetEquals(Tables(tables.Host.Save())))
            {
                throw new InvalidOperationException($"{tables.Host.Name}: the rules of {step} are not those of a real node.");
            }
        }
    }

    private static string Manifest(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", "manifests", name));

    // Order of the tables, comment lines and what the policies counted aside.
    private static HashSet<string> Tables(string text) =>
        [.. Aside().Replace(text, "").Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries)];

    // kubelet's and kube-proxy's own chains, by which they notice that somebody flushed the tables.
    private static void MakeCanaries(NetworkNamespace node)
    {
        IptablesShell shell = new(node);
        foreach (string table in (string[])["mangle", "nat", "filter"])
        {
            shell.Execute($"iptables -t {table} -N KUBE-KUBELET-CANARY");
            shell.Execute($"iptables -t {table} -N KUBE-PROXY-CANARY");
        }
    }

    // Cluster IPs and the node port are those that the API server of the recorded cluster drew.
    private IEnumerable<string> Steps()
    {
        _cluster.ApplyText(Manifest("3pod.yaml"));
        _cluster.ApplyText(Manifest("netpod.yaml"));
        Service clusterIP = WithAddress("svc-clusterip.yaml", "10.200.1.52");
        _cluster.Apply(clusterIP);
        yield return "1-clusterip";

        _cluster.Apply(clusterIP with { Spec = clusterIP.Spec with { SessionAffinity = SessionAffinity.ClientIP } });
        yield return "2-session-affinity";

        _cluster.Apply(clusterIP);
        Service nodePort = WithAddress("svc-nodeport.yaml", "10.200.1.172");
        nodePort = nodePort with { Spec = nodePort.Spec with { Ports = [nodePort.Spec.Ports[0] with { NodePort = 32518 }] } };
        _cluster.Apply(nodePort);
        _cluster.ApplyText(Manifest("echo-deploy.yaml"));
        yield return "3-nodeport";

        _cluster.Apply(nodePort with { Spec = nodePort.Spec with { ExternalTrafficPolicy = TrafficPolicy.Local } });
        yield return "4-external-traffic-policy-local";

        // Without the selector first, the controller would make its slice anew.
        _cluster.Apply(nodePort with { Spec = nodePort.Spec with { Selector = default } });
        EndpointSlice own = _cluster.EndpointSlices.Single(slice => slice.ServiceKey == nodePort.Key);
        _cluster.ApplyText(Manifest("endpointslice.yaml"));
        _cluster.Delete(own);
        yield return "5-custom-endpointslice-only";
    }

    private static Service WithAddress(string manifest, string address)
    {
        Service service = ManifestReader.ReadOne<Service>(Manifest(manifest));
        return service with { Spec = service.Spec with { ClusterIP = address } };
    }

    [GeneratedRegex(@"^#.*\n|(?<=^:.*) \[[0-9]+:[0-9]+\]$", RegexOptions.Multiline)]
    private static partial Regex Aside();
}
