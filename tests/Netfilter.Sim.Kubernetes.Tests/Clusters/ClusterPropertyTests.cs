using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

public class ClusterPropertyTests
{
    private const int NodeCount = 3;

    /// <summary>What happens to the pods and the Service, one after the other; rules may follow in between.</summary>
    private static Gen<(int Kind, int Pod, bool Settles)[]> Events { get; } = EventsOf(lastKind: 4);

    /// <summary>Policies, affinity, load balancers and whole Services besides.</summary>
    private static Gen<(int Kind, int Pod, bool Settles)[]> EventsOfAllKinds { get; } = EventsOf(lastKind: 10);

    private static Gen<(int Kind, int Pod, bool Settles)[]> EventsOf(int lastKind) => (
        from kind in Gen.Choose(0, lastKind)
        from pod in Gen.Choose(0, 5)
        from settles in Gen.Elements(true, false)
        select (kind, pod, settles)).ArrayOf();

    [Fact]
    public void AnyCourseOfEvents_EveryReadyEndpointIsReachedFromEveryPod() => PropertyCheck.ForAll(
        Events,
        events =>
        {
            Cluster cluster = Play(events);
            string[] ready = [.. cluster.State.EndpointSlices.Where(slice => slice.ServiceKey?.Name == "web")
                .SelectMany(slice => slice.Endpoints.AsEnumerable()).Where(endpoint => endpoint.Ready == true)
                .Select(endpoint => "default/" + endpoint.TargetRef!.Name).Order(StringComparer.Ordinal)];
            foreach (Pod pod in cluster.State.Pods.Where(pod => pod.Metadata.Namespace == "default"))
            {
                Distribution<Connection> ways = cluster.Explore(pod.Metadata.Name, "web:80");
                string[] reached = [.. ways.Where(way => way.Value.Outcome == ConversationOutcome.Connected)
                    .Select(way => way.Value.Backend!).Distinct().Order(StringComparer.Ordinal)];
                reached.ShouldBe(ready);
                ways.ShouldAllBe(way => ready.Length == 0
                    ? way.Value.Outcome == ConversationOutcome.Unreachable
                    : Math.Abs(way.Probability.ToDouble() - (1.0 / ready.Length)) < 1e-8);
                // A pod's own address is kept but where it meets itself.
                ways.ShouldAllBe(way => way.Value.Backend == null || way.Value.KeepsSource == (way.Value.Backend != way.Value.From));
            }
        },
        count: 25);

    [Fact]
    public void AnyCourseOfEvents_EndsInTheRulesOfAFullSync() => PropertyCheck.ForAll(
        EventsOfAllKinds,
        events =>
        {
            Cluster cluster = Play(events);
            foreach (string node in cluster.State.Nodes.Select(node => node.Metadata.Name))
            {
                NetworkNamespace fresh = new("fresh");
                new NodeTables(fresh, IPFamily.IPv4).Restore(cluster.ProxierOf(node).CreateFullPayload()).ShouldBeTrue();
                TableOf(cluster[node], "nat").ShouldBe(TableOf(fresh, "nat"));
                TableOf(cluster[node], "filter").ShouldBe(TableOf(fresh, "filter"));
            }
        },
        count: 60);

    private static string TableOf(NetworkNamespace host, string table) => host.Save().Split("COMMIT\n")
        .Single(text => text.StartsWith("*" + table, StringComparison.Ordinal))
        .Replace(":KUBE-PROXY-CANARY - [0:0]\n", "", StringComparison.Ordinal);

    private static Cluster Play((int Kind, int Pod, bool Settles)[] events)
    {
        Cluster cluster = Build();
        foreach ((int kind, int number, bool settles) in events)
        {
            Happen(cluster, kind, number);
            if (settles)
            {
                cluster.Settle();
            }
        }
        // Stale chains may wait for the next clean-up.
        cluster.Advance(TimeSpan.FromSeconds(40));
        cluster.Settle();
        return cluster;
    }

    private static void Happen(Cluster cluster, int kind, int number)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"web-{number}");
        Pod? pod = cluster.State.FindPod(name);
        switch (kind)
        {
            case 0:
                cluster.Apply(PodOf(name, number % NodeCount, "web"));
                break;
            case 1 when pod is not null:
                cluster.Delete(pod);
                break;
            case 2 when pod is not null:
                cluster.UpdatePod(name, one => one with { Status = one.Status with { Ready = !(one.Status.Ready ?? true) } });
                break;
            case 3:
                cluster.UpdateService("web", spec => spec with
                {
                    Type = spec.Type == ServiceType.NodePort ? ServiceType.ClusterIP : ServiceType.NodePort,
                    Ports = [spec.Ports[0] with { NodePort = 0 }],
                });
                break;
            case 4:
                cluster.Advance(TimeSpan.FromSeconds(number));
                break;
            default:
                ChangeServices(cluster, kind, number);
                break;
        }
    }

    private static void ChangeServices(Cluster cluster, int kind, int number)
    {
        Service web = cluster.State.FindService("web")!;
        Service other = web with { Metadata = new ObjectMeta { Name = "other", Namespace = "default" } };
        switch (kind)
        {
            case 5:
                cluster.UpdateService("web", spec => spec with { SessionAffinity = (SessionAffinity)(number % 2) });
                break;
            case 6:
                cluster.UpdateService("web", spec => spec with { InternalTrafficPolicy = (TrafficPolicy)(number % 2) });
                break;
            case 7:
                cluster.UpdateService("web", spec => spec with { ExternalTrafficPolicy = (TrafficPolicy)(number % 2) });
                break;
            case 8:
                cluster.Apply(web with
                {
                    Spec = web.Spec with { LoadBalancerSourceRanges = number % 3 == 0 ? default : ["192.168.0.0/16"] },
                    LoadBalancerIngress = number % 2 == 0 ? default : [new LoadBalancerIngress { IP = "203.0.113.9" }],
                });
                break;
            case 9:
                cluster.Apply(other with { Spec = other.Spec with { ClusterIP = "", ClusterIPs = default, Ports = [other.Spec.Ports[0] with { NodePort = 0 }] } });
                break;
            case 10:
                cluster.Delete(other);
                break;
        }
    }

    private static Cluster Build()
    {
        ClusterState state = new(KindNetworks.Of(new KindCluster()));
        for (int i = 0; i < NodeCount; i++)
        {
            state.Apply(new Node { Metadata = new ObjectMeta { Name = string.Create(CultureInfo.InvariantCulture, $"node-{i}") } });
        }
        state.Apply(PodOf("client", 0, "client"));
        state.Apply(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec { Selector = ValueMap.Of("app", "web"), Ports = [new ServicePort { Port = 80, TargetPort = 8080 }] },
        });
        return new Cluster(state);
    }

    private static Pod PodOf(string name, int node, string app) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = ValueMap.Of("app", app) },
        Spec = new PodSpec { NodeName = string.Create(CultureInfo.InvariantCulture, $"node-{node}") },
    };
}
