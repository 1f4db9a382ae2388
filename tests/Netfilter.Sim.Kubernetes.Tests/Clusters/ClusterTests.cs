using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

public class ClusterTests
{
    private static readonly string[] Manifests = ["kind-svc-1w.yaml", "3pod.yaml", "netpod.yaml", "svc-clusterip.yaml", "svc-nodeport.yaml", "echo-deploy.yaml"];

    [Fact]
    public void Explore_PodToClusterIP_IsSplitByThirdsAndKeepsTheSource()
    {
        Cluster cluster = Kind();

        Distribution<Connection> ways = cluster.Explore("net-pod", "svc-clusterip:9000");

        ways.Select(way => (way.Value.Backend, Math.Round(way.Probability.ToDouble(), 6))).ShouldBe(
            [("default/webpod1", 0.333333), ("default/webpod2", 0.333333), ("default/webpod3", 0.333333)]);
        ways.ShouldAllBe(way => way.Value.KeepsSource);
    }

    [Fact]
    public void Explore_SamePodsThroughTheTables_LeavesTheClusterAsItWas()
    {
        Cluster cluster = Kind();
        string before = cluster["myk8s-worker"].Save(counters: true);

        cluster.Explore("webpod1", "svc-clusterip:9000");

        cluster["myk8s-worker"].Save(counters: true).ShouldBe(before);
        cluster["myk8s-worker"].Conntrack.ShouldBeEmpty();
    }

    [Fact]
    public void Connect_FromOutsideByANodeWithoutPods_IsMasqueraded()
    {
        Cluster cluster = Kind();

        Connection connection = cluster.Connect(Cluster.Outside, $"172.18.0.2:{NodePortOf(cluster)}");

        connection.Outcome.ShouldBe(ConversationOutcome.Connected);
        connection.MasqueradedBy!.Reason.ShouldBe(RuleReason.MasqueradeExternalTraffic);
        connection.SourceSeenByBackend!.Value.Address.ToString().ShouldBe("172.18.0.2");
        connection.Explain().ShouldContain("default/svc-nodeport:");
    }

    [Fact]
    public void Connect_PolicyLocalAndNoEndpointHere_SaysWhoDroppedItAndWhy()
    {
        Cluster cluster = Kind();
        cluster.UpdateService("svc-nodeport", spec => spec with { ExternalTrafficPolicy = TrafficPolicy.Local });
        cluster.Settle();

        Connection lost = cluster.Connect(Cluster.Outside, $"172.18.0.2:{NodePortOf(cluster)}");
        Connection kept = cluster.Connect(Cluster.Outside, $"172.18.0.3:{NodePortOf(cluster)}");

        lost.Outcome.ShouldBe(ConversationOutcome.Timeout);
        lost.Failure.ShouldNotBeNull().ShouldContain("externalTrafficPolicy is Local and this node has no endpoint");
        kept.KeepsSource.ShouldBeTrue();
        kept.SourceSeenByBackend!.Value.Address.ToString().ShouldBe("172.18.0.1");
    }

    [Fact]
    public void Connect_PodToItself_IsMasqueradedByItsHairpinRule()
    {
        Cluster cluster = Kind();

        Connection self = cluster.Explore("webpod1", "svc-clusterip:9000").Select(way => way.Value)
            .Single(way => way.Backend == "default/webpod1");

        self.MasqueradedBy!.Reason.ShouldBe(RuleReason.Hairpin);
        self.SourceSeenByBackend!.Value.Address.ToString().ShouldBe("10.10.1.1");
    }

    [Fact]
    public void Connect_SessionAffinity_HoldsForItsTimeAndNotAfter()
    {
        Cluster cluster = Kind();
        cluster.UpdateService("svc-clusterip", spec => spec with { SessionAffinity = SessionAffinity.ClientIP, SessionAffinityTimeoutSeconds = 100 });
        cluster.Settle();
        string first = cluster.Connect("net-pod", "svc-clusterip:9000").Backend!;

        cluster.Advance(TimeSpan.FromSeconds(99));
        Distribution<Connection> within = cluster.Explore("net-pod", "svc-clusterip:9000");
        cluster.Advance(TimeSpan.FromSeconds(2));
        Distribution<Connection> after = cluster.Explore("net-pod", "svc-clusterip:9000");

        within.Select(way => way.Value.Backend).ShouldBe([first]);
        after.Select(way => way.Value.Backend).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Advance_BurstOfChanges_IsSyncedOnceAnInterval()
    {
        Cluster cluster = Kind();
        cluster.Advance(TimeSpan.FromSeconds(10));
        Service service = cluster.State.FindService("svc-clusterip")!;
        TimeSpan first = cluster.MeasureDelay(c => c.Apply(service with { Spec = service.Spec with { ExternalIPs = ["203.0.113.1"] } }));
        TimeSpan second = cluster.MeasureDelay(c => c.Apply(service));

        first.ShouldBe(TimeSpan.Zero);
        second.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Advance_RulesWereFlushed_AreThereAgainAfterTheCanaryIsMissed()
    {
        Cluster cluster = Kind();
        string before = cluster["myk8s-worker"].Save();
        Text.IptablesShell shell = new(cluster["myk8s-worker"]);
        foreach (string table in (string[])["nat", "filter", "mangle"])
        {
            shell.Execute($"iptables -t {table} -F");
            shell.Execute($"iptables -t {table} -X");
        }

        cluster.Advance(TimeSpan.FromSeconds(29));
        cluster["myk8s-worker"].Save().ShouldNotBe(before);
        cluster.Advance(TimeSpan.FromSeconds(32));

        cluster["myk8s-worker"].Save().ShouldBe(before);
    }

    [Fact]
    public void LoseNode_ItsPodsAreStillEndpoints_LosesTheirShare()
    {
        Cluster cluster = Kind();
        cluster.LoseNode("myk8s-worker3");

        Distribution<ConversationOutcome> before = cluster.Explore("net-pod", "svc-clusterip:9000").GroupBy(way => way.Outcome);
        cluster.UpdatePod("webpod3", pod => pod with { Status = pod.Status with { Ready = false } });
        cluster.Settle();
        Distribution<ConversationOutcome> after = cluster.Explore("net-pod", "svc-clusterip:9000").GroupBy(way => way.Outcome);

        before.Select(way => (way.Value, Math.Round(way.Probability.ToDouble(), 3))).ShouldBe(
            [(ConversationOutcome.Connected, 0.667), (ConversationOutcome.Timeout, 0.333)]);
        after.ShouldHaveSingleItem().Value.ShouldBe(ConversationOutcome.Connected);
    }

    [Fact]
    public void Sync_PartialOnes_EndInTheRulesOfAFullOne()
    {
        Cluster cluster = Kind();
        for (int replicas = 0; replicas <= 6; replicas += 2)
        {
            Deployment deployment = cluster.State.Deployments.Single();
            cluster.Apply(deployment with { Replicas = replicas });
            cluster.Settle();
            foreach (Node node in cluster.State.Nodes)
            {
                string name = node.Metadata.Name;
                cluster.LastSyncOf(name).IsFull.ShouldBeFalse();
                NetworkNamespace fresh = new("fresh");
                new NodeTables(fresh, IPFamily.IPv4).Restore(cluster.ProxierOf(name).CreateFullPayload()).ShouldBeTrue();
                TablesOf(cluster[name]).ShouldBe(TablesOf(fresh), $"{name}, {replicas} replicas");
            }
        }
    }

    [Fact]
    public void Diagnose_NamesTheFirstThingThatIsWrong()
    {
        Cluster cluster = Kind();

        cluster.Diagnose("svc-clusterip").FirstProblem.ShouldBeNull();
        cluster.Diagnose("svc-nodeport").FirstProblem.ShouldBeNull();
        cluster.Diagnose("nothing").FirstProblem!.Answer.ShouldBe("there is no Service nothing");
        Problem(cluster, spec => spec with { Selector = ValueMap.Of("app", "typo") }).ShouldNotBeNull()
            .ShouldStartWith("no pod of namespace default has the labels app=typo; pods there have app=");
        cluster.UpdateService("svc-nodeport", spec => spec with { Ports = [spec.Ports[0] with { TargetPort = 81 }] });
        cluster.Settle();
        cluster.Diagnose("svc-nodeport").FirstProblem!.Answer.ShouldStartWith("port 9000 leads to 81 (TCP), where no pod says it listens");
        foreach (string pod in (string[])["webpod1", "webpod2", "webpod3"])
        {
            cluster.UpdatePod(pod, one => one with { Status = one.Status with { Ready = false } });
        }
        Problem(cluster, spec => spec).ShouldBe("none of 3 endpoints is ready: webpod1, webpod2, webpod3");
    }

    private static string? Problem(Cluster cluster, Func<ServiceSpec, ServiceSpec> change)
    {
        ServiceSpec before = cluster.State.FindService("svc-clusterip")!.Spec;
        cluster.UpdateService("svc-clusterip", change);
        cluster.Settle();
        string? problem = cluster.Diagnose("svc-clusterip").FirstProblem?.Answer;
        cluster.UpdateService("svc-clusterip", _ => before);
        cluster.Settle();
        return problem;
    }

    private static string[] TablesOf(NetworkNamespace host) =>
        [.. host.Save().Split("COMMIT\n").Where(table => !table.StartsWith("*mangle", StringComparison.Ordinal))
            .Select(table => table.Replace($":{KubeChains.Canary} - [0:0]\n", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static int NodePortOf(Cluster cluster) => cluster.State.FindService("svc-nodeport")!.Spec.Ports[0].NodePort;

    private static Cluster Kind() => Cluster.Parse(Manifests.Select(RepositoryFiles.KindManifest));
}
