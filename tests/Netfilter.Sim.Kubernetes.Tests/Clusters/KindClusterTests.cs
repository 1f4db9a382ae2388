using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Dumps;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Kube;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

public class KindClusterTests
{
    [Fact]
    public void FromKind_TheRecordedCluster_HasItsAddresses()
    {
        ClusterState cluster = KindSteps.Play(RepositoryFiles.KindManifest).Skip(2).First().Cluster;

        cluster.Nodes.Select(node => (node.Metadata.Name, node.Addresses[0].Address, node.PodCIDRs[0])).ShouldBe(
        [
            ("myk8s-control-plane", "172.18.0.2", "10.10.0.0/24"), ("myk8s-worker", "172.18.0.3", "10.10.1.0/24"),
            ("myk8s-worker2", "172.18.0.4", "10.10.2.0/24"), ("myk8s-worker3", "172.18.0.5", "10.10.3.0/24"),
        ]);
        cluster.FindPod("net-pod")!.Status.PodIPs.ShouldBe(["10.10.0.5"]);
        cluster.FindPod("webpod3")!.Status.PodIPs.ShouldBe(["10.10.3.2"]);
        cluster.Pods.Where(pod => pod.Metadata.Labels.Find("app") == "deploy-websrv")
            .Select(pod => pod.Status.PodIPs[0]).ShouldBe(["10.10.1.3", "10.10.2.3", "10.10.3.3"]);
        cluster.FindService("kube-system/kube-dns")!.Spec.ClusterIP.ShouldBe("10.200.1.10");
    }

    [Fact]
    public void Proxiers_OfTheRecordedCluster_WriteTheRecordedRulesAtEveryStep()
    {
        var tables = new Dictionary<string, (KubeProxier Proxier, TextTables Tables)>();
        int compared = 0;
        foreach ((string step, ClusterState cluster) in KindSteps.Play(RepositoryFiles.KindManifest))
        {
            foreach (string node in cluster.Nodes.Select(node => node.Metadata.Name))
            {
                if (!tables.TryGetValue(node, out (KubeProxier Proxier, TextTables Tables) host))
                {
                    tables[node] = host = (cluster.AddProxier(node, new CaseClock()), WithCanaries());
                }
                host.Proxier.Sync(payload => host.Tables.Restore(payload) is null).Succeeded.ShouldBeTrue();
                DumpComparison.Difference(
                    DumpComparison.Chains(RepositoryFiles.KindRules(node, step).Split('\n')),
                    DumpComparison.Chains(host.Tables.Lines())).ShouldBeNull($"{node} {step}");
                compared++;
            }
        }
        compared.ShouldBe(20);
    }

    [Fact]
    public void DumpResolver_RecordedDump_ExplainsEveryRule()
    {
        foreach ((string step, ClusterState cluster) in KindSteps.Play(RepositoryFiles.KindManifest))
        {
            KubeProxier proxier = cluster.AddProxier("myk8s-worker2", new CaseClock());
            proxier.AbsorbChanges();

            DumpResolution resolution = new DumpResolver(proxier).Resolve(RepositoryFiles.KindRules("myk8s-worker2", step));

            resolution.Unexplained.ShouldBeEmpty(step);
            resolution.UnknownChains.ShouldBeEmpty(step);
            resolution.Missing.ShouldBeEmpty(step);
        }
    }

    [Fact]
    public void DumpResolver_RuleOfSomebodyElse_IsListedWithItsLine()
    {
        ClusterState cluster = KindSteps.Play(RepositoryFiles.KindManifest).First().Cluster;
        KubeProxier proxier = cluster.AddProxier("myk8s-worker", new CaseClock());
        proxier.AbsorbChanges();
        const string Dump = """
            *nat
            :KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
            :KUBE-SVC-KBDEBIL6IU6WL7RF - [0:0]
            [3:180] -A KUBE-SERVICES -d 10.200.1.52/32 -p tcp -m comment --comment "default/svc-clusterip:svc-webport cluster IP" -m tcp --dport 9000 -j KUBE-SVC-KBDEBIL6IU6WL7RF
            -A KUBE-SERVICES -d 10.200.1.53/32 -p tcp -j KUBE-SVC-AAAAAAAAAAAAAAAA
            COMMIT
            """;

        DumpResolution resolution = new DumpResolver(proxier).Resolve(Dump);

        DumpRule rule = resolution.Unexplained.ShouldHaveSingleItem();
        (rule.Line, rule.Chain).ShouldBe((5, "KUBE-SERVICES"));
        resolution.UnknownChains.ShouldBe(["KUBE-SVC-AAAAAAAAAAAAAAAA"]);
        resolution.Chains[0].ToString().ShouldBe(
            "KUBE-SVC-KBDEBIL6IU6WL7RF = default/svc-clusterip:svc-webport/TCP (ClusterPolicy)");
    }

    [Fact]
    public void Apply_ServicesWithoutAddresses_GetFreeOnesInOrder()
    {
        var cluster = new ClusterState(KindNetworks.Of(new KindCluster()));
        cluster.Apply(WithoutAddress("a", ServiceType.NodePort));
        cluster.Apply(WithoutAddress("b", ServiceType.LoadBalancer, TrafficPolicy.Local));

        Service a = cluster.FindService("ns/a")!;
        Service b = cluster.FindService("ns/b")!;

        (a.Spec.ClusterIP, a.Spec.Ports[0].NodePort, a.Spec.HealthCheckNodePort).ShouldBe(("10.96.1.1", 30086, 0));
        (b.Spec.ClusterIP, b.Spec.Ports[0].NodePort, b.Spec.HealthCheckNodePort).ShouldBe(("10.96.1.2", 30087, 30088));
        cluster.Apply(WithoutAddress("a", ServiceType.NodePort));
        cluster.FindService("ns/a").ShouldBe(a);
    }

    [Fact]
    public void Apply_ClusterIPThatIsTaken_IsRefused()
    {
        var cluster = new ClusterState(KindNetworks.Of(new KindCluster()));
        Service a = WithoutAddress("a", ServiceType.ClusterIP);
        Service taken = a with { Spec = a.Spec with { ClusterIP = "10.96.0.5" } };
        cluster.Apply(taken);

        Should.Throw<InvalidOperationException>(() => cluster.Apply(taken with { Metadata = a.Metadata with { Name = "b" } }))
            .Message.ShouldBe("The cluster IP 10.96.0.5 is taken or outside the service network.");
    }

    [Fact]
    public void UpdatePod_Terminating_LeavesTheServicesRules()
    {
        ClusterState cluster = KindSteps.Play(RepositoryFiles.KindManifest).First().Cluster;
        KubeProxier proxier = cluster.AddProxier("myk8s-worker", new CaseClock());
        proxier.Sync();

        cluster.UpdatePod("webpod2", pod => pod with
        {
            Metadata = pod.Metadata with { DeletionTimestamp = "2026-01-01T00:00:00Z" },
        });
        proxier.Sync();

        proxier.SelectionOf(new(new("default", "svc-clusterip"), "svc-webport", TransportProtocol.Tcp))!
            .Cluster.AsEnumerable().Select(e => e.Text).ShouldBe(["10.10.1.2:80", "10.10.3.2:80"]);
    }

    private static TextTables WithCanaries()
    {
        var tables = new TextTables();
        foreach (string table in (string[])["mangle", "nat", "filter"])
        {
            tables.EnsureChain(table, KubeChains.Canary);
            tables.EnsureChain(table, "KUBE-KUBELET-CANARY");
        }
        return tables;
    }

    private static Service WithoutAddress(string name, ServiceType type, TrafficPolicy external = TrafficPolicy.Cluster) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "ns" },
        Spec = new ServiceSpec { Type = type, ExternalTrafficPolicy = external, Ports = [new ServicePort { Port = 80 }] },
    };
}
