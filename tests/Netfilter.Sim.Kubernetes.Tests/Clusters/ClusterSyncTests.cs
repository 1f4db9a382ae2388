using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

/// <summary>When kube-proxy syncs, and what it makes of tables that somebody else changed.</summary>
public class ClusterSyncTests
{
    private const string Node = "node-0";

    [Fact]
    public void MeasureDelay_FirstChangeAfterTheStart_IsAppliedAtOnce()
    {
        Cluster cluster = Build();

        cluster.MeasureDelay(c => c.Apply(PodOf("web-2"))).ShouldBe(TimeSpan.Zero);
        cluster.MeasureDelay(c => c.Apply(PodOf("web-3"))).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Settle_NodeGetsAnotherZone_IsSyncedFully()
    {
        Cluster cluster = Build();
        Node node = cluster.State.FindNode(Node)!;

        cluster.Apply(node with { Metadata = node.Metadata with { Labels = ValueMap.Of(Objects.Node.ZoneLabel, "b") } });
        cluster.Settle();

        cluster.LastSyncOf(Node).IsFull.ShouldBeTrue();
    }

    [Fact]
    public void Advance_OnlyNatWasFlushed_StaysSoUntilAFullSync()
    {
        Cluster cluster = Build();
        Run(cluster, "iptables -t nat -F", "iptables -t nat -X");

        cluster.Advance(TimeSpan.FromMinutes(10));
        string meanwhile = NatOf(cluster);
        cluster.Apply(PodOf("web-2"));
        cluster.Settle();
        string afterPartial = NatOf(cluster);
        cluster.Advance(TimeSpan.FromHours(2));

        meanwhile.ShouldNotContain("KUBE-SERVICES");
        afterPartial.ShouldContain(":KUBE-SERVICES");
        afterPartial.ShouldNotContain("-A PREROUTING");
        NatOf(cluster).ShouldContain("-A PREROUTING");
    }

    [Fact]
    public void Settle_SomebodyDeletedASharedRule_IsRepairedByAPartialSync()
    {
        Cluster cluster = Build();
        string before = NatOf(cluster);
        Run(cluster, "iptables -t nat -D KUBE-SERVICES 1", "iptables -t nat -I KUBE-POSTROUTING -j ACCEPT");

        cluster.Apply(PodOf("web-2"));
        cluster.Settle();
        cluster.Delete(PodOf("web-2"));
        cluster.Settle();

        cluster.LastSyncOf(Node).IsFull.ShouldBeFalse();
        NatOf(cluster).ShouldBe(before);
        cluster.Connect("client", "web:80").Outcome.ShouldBe(ConversationOutcome.Connected);
    }

    [Fact]
    public void Settle_ChainOfAnEarlierKubeProxy_IsRemoved()
    {
        Cluster cluster = Build();
        string before = NatOf(cluster);
        Run(cluster, "iptables -t nat -N KUBE-SVC-AAAAAAAAAAAAAAAA", "iptables -t nat -N MINE");

        cluster.UpdateService("web", spec => spec with { InternalTrafficPolicy = TrafficPolicy.Local });
        cluster.Settle();
        cluster.UpdateService("web", spec => spec with { InternalTrafficPolicy = TrafficPolicy.Cluster });
        cluster.Settle();

        NatOf(cluster).Replace(":MINE - [0:0]\n", "", StringComparison.Ordinal).ShouldBe(before);
    }

    [Fact]
    public void Connect_HealthCheckNodePort_IsAnsweredByKubeProxy()
    {
        Cluster cluster = Build();
        cluster.UpdateService("web", spec => spec with { Type = ServiceType.LoadBalancer, ExternalTrafficPolicy = TrafficPolicy.Local });
        cluster.Settle();
        int port = cluster.State.FindService("web")!.Spec.HealthCheckNodePort;

        cluster.Connect(Cluster.Outside, $"172.18.0.2:{port}").Backend.ShouldBe("kube-proxy on " + Node);
    }

    [Theory]
    [InlineData(true, ConversationOutcome.Connected)]
    [InlineData(false, ConversationOutcome.Refused)]
    public void Connect_NodePortOnLocalhost_IsAsConfigured(bool isOn, ConversationOutcome outcome)
    {
        Cluster cluster = Build(state => state.Apply(state.ProxyConfiguration with { LocalhostNodePorts = isOn }));
        cluster.UpdateService("web", spec => spec with { Type = ServiceType.NodePort });
        cluster.Settle();

        Connection connection = cluster.Connect(Node, $"127.0.0.1:{cluster.State.FindService("web")!.Spec.Ports[0].NodePort}");

        connection.Outcome.ShouldBe(outcome);
        cluster[Node].Sysctls["net.ipv4.conf.all.route_localnet"].ShouldBe(isOn ? "1" : "0");
    }

    [Fact]
    public void Apply_EndpointsByHand_CountForAServiceWithoutSelectorAlone()
    {
        Cluster cluster = Build();
        cluster.Apply(EndpointsOf("web"));
        cluster.Apply(EndpointsOf("db"));
        Service service = cluster.State.FindService("web")!;
        cluster.Apply(service with
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "default" },
            Spec = service.Spec with { ClusterIP = "", ClusterIPs = default, Selector = default },
        });

        AddressesOf(cluster, "web").ShouldBe(["10.244.0.3", "10.244.0.4"]);
        AddressesOf(cluster, "db").ShouldBe(["192.0.2.1"]);
        cluster.Delete(EndpointsOf("db")).ShouldBeTrue();
        AddressesOf(cluster, "db").ShouldBeEmpty();
    }

    private static string[] AddressesOf(Cluster cluster, string service) =>
        [.. cluster.State.EndpointSlices.Where(slice => slice.ServiceKey?.Name == service)
            .SelectMany(slice => slice.Endpoints.AsEnumerable()).Select(endpoint => endpoint.Addresses[0]).Order(StringComparer.Ordinal)];

    private static Endpoints EndpointsOf(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" },
        Subsets = [new EndpointSubset { Addresses = [new EndpointAddress { IP = "192.0.2.1" }], Ports = [new EndpointPort { Port = 80 }] }],
    };

    private static void Run(Cluster cluster, params string[] commands)
    {
        IptablesShell shell = new(cluster[Node]);
        foreach (string command in commands)
        {
            shell.Execute(command).ExitCode.ShouldBe(0, command);
        }
    }

    private static string NatOf(Cluster cluster) =>
        cluster[Node].Save().Split("COMMIT\n").Single(table => table.StartsWith("*nat", StringComparison.Ordinal));

    private static Cluster Build(Action<ClusterState>? configure = null)
    {
        ClusterState state = new(KindNetworks.Of(new KindCluster()));
        configure?.Invoke(state);
        state.Apply(new Node { Metadata = new ObjectMeta { Name = Node } });
        state.Apply(PodOf("client", "client"));
        state.Apply(PodOf("web-0"));
        state.Apply(PodOf("web-1"));
        state.Apply(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec { Selector = ValueMap.Of("app", "web"), Ports = [new ServicePort { Port = 80, TargetPort = 8080 }] },
        });
        return new Cluster(state);
    }

    private static Pod PodOf(string name, string app = "web") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = ValueMap.Of("app", app) },
        Spec = new PodSpec { NodeName = Node },
    };
}
