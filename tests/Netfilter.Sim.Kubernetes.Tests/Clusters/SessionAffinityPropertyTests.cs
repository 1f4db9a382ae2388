using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

/// <summary>Clients come and go by the clock, endpoints too; beside the cluster a model says who is bound to whom.</summary>
public class SessionAffinityPropertyTests
{
    // The kernel counts in jiffies; HZ is 250.
    private const long TicksPerJiffy = TimeSpan.TicksPerSecond / 250;
    private const int NodePort = 30080;

    private static readonly string[] Clients = ["pod-a", "pod-b", "pod-c", "node-0", Cluster.Outside];

    private static Gen<Step> Steps { get; } =
        from client in Gen.Choose(0, Clients.Length - 1)
        from node in Gen.Choose(-1, 1)
        from wait in Gen.Elements(0, 1, 2, 3)
        from jiffies in Gen.Choose(-2, 2)
        from seconds in Gen.Choose(0, 6)
        from change in Gen.Choose(0, 9)
        select new Step(client, node, wait, jiffies, seconds, change);

    private static Gen<(bool IsUdp, int Timeout, Step[] Steps)> Courses { get; } =
        from isUdp in Gen.Elements(true, false)
        from timeout in Gen.Elements(1, 2, 5, 10800)
        from steps in Steps.ArrayOf(12)
        select (isUdp, timeout, steps);

    [Fact]
    public void AnyCourse_ClientsStayForTheTimeoutAndNotAJiffyLonger()
    {
        (int bound, int free, int edge) = (0, 0, 0);
        PropertyCheck.ForAll(
            Courses,
            course =>
            {
                TransportProtocol protocol = course.IsUdp ? TransportProtocol.Udp : TransportProtocol.Tcp;
                Cluster cluster = Build(protocol, course.Timeout);
                Dictionary<(string Entry, string Client), (string Backend, long Jiffy)> model = [];
                foreach (Step step in course.Steps)
                {
                    Change(cluster, model, step.Change);
                    (string entry, string to) = Address(cluster, step);
                    (string, string) key = (entry, Clients[step.Client]);
                    Wait(cluster, step, model.TryGetValue(key, out (string Backend, long Jiffy) last) ? last.Jiffy : null, course.Timeout);
                    long age = model.ContainsKey(key) ? Jiffy(cluster) - last.Jiffy : long.MaxValue;
                    bool isBound = age <= course.Timeout * 250L;

                    string[] ways = [.. cluster.Explore(Clients[step.Client], to, protocol)
                        .Select(way => way.Value.Backend ?? way.Value.ToString()).Distinct().Order(StringComparer.Ordinal)];

                    ways.ShouldBe(isBound ? [last.Backend] : Endpoints(cluster), $"{age} jiffies after the last connection");
                    long now = Jiffy(cluster);
                    model[key] = (cluster.Connect(Clients[step.Client], to, protocol).Backend!, now);
                    (bound, free) = isBound ? (bound + 1, free) : (bound, free + 1);
                    edge += age == course.Timeout * 250L || age == (course.Timeout * 250L) + 1 ? 1 : 0;
                }
            },
            count: 60);
        bound.ShouldBeGreaterThan(100);
        free.ShouldBeGreaterThan(100);
        edge.ShouldBeGreaterThan(20);
    }

    // An endpoint comes; or one goes, and what was remembered of it with it.
    private static void Change(Cluster cluster, Dictionary<(string Entry, string Client), (string Backend, long Jiffy)> model, int change)
    {
        string[] present = Endpoints(cluster);
        if (change == 0)
        {
            int number = Enumerable.Range(0, 9).First(i => cluster.State.FindPod(WebName(i)) is null);
            cluster.Apply(PodOf(WebName(number), "web", number % 2));
        }
        else if (change == 1 && present.Length > 2)
        {
            cluster.Delete(cluster.State.FindPod(present[0])!);
            foreach ((string, string) key in model.Where(pair => pair.Value.Backend == present[0]).Select(pair => pair.Key).ToArray())
            {
                model.Remove(key);
            }
        }
        cluster.Settle();
    }

    // To the edge of the timeout, give or take a jiffy or two; or for some seconds; or not at all.
    private static void Wait(Cluster cluster, Step step, long? last, int timeout)
    {
        long now = cluster.Clock.GetUtcNow().UtcTicks;
        long until = step.Wait switch
        {
            1 => now + (step.Seconds * TimeSpan.TicksPerSecond),
            2 or 3 when last is { } jiffy => (jiffy + (timeout * 250L) + step.Jiffies) * TicksPerJiffy,
            _ => now,
        };
        cluster.Advance(TimeSpan.FromTicks(Math.Max(0, until - now)));
    }

    // Through the cluster IP the client's own node translates; a node port may be another node's.
    private static (string Entry, string To) Address(Cluster cluster, Step step)
    {
        string client = Clients[step.Client];
        int node = client == Cluster.Outside ? Math.Max(step.Node, 0) : client == "node-0" ? -1 : step.Node;
        string home = cluster.State.FindPod(client)?.Spec.NodeName ?? client;
        return node < 0
            ? (home, $"{cluster.State.FindService("web")!.Spec.ClusterIP}:80")
            : (NodeName(node), $"{cluster.State.FindNode(NodeName(node))!.Addresses[0].Address}:{NodePort}");
    }

    private static long Jiffy(Cluster cluster) => cluster.Clock.GetUtcNow().UtcTicks / TicksPerJiffy;

    private static string[] Endpoints(Cluster cluster) =>
        [.. cluster.State.Pods.Where(pod => pod.Metadata.Labels.Find("app") == "web").Select(pod => pod.Key.ToString()).Order(StringComparer.Ordinal)];

    private static Cluster Build(TransportProtocol protocol, int timeout)
    {
        ClusterState state = new(KindNetworks.Of(new KindCluster()));
        state.Apply(new Node { Metadata = new ObjectMeta { Name = NodeName(0) } });
        state.Apply(new Node { Metadata = new ObjectMeta { Name = NodeName(1) } });
        state.Apply(PodOf("pod-a", "client", 0));
        state.Apply(PodOf("pod-b", "client", 0));
        state.Apply(PodOf("pod-c", "client", 1));
        for (int i = 0; i < 3; i++)
        {
            state.Apply(PodOf(WebName(i), "web", i % 2));
        }
        state.Apply(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec
            {
                Type = ServiceType.NodePort,
                Selector = ValueMap.Of("app", "web"),
                SessionAffinity = SessionAffinity.ClientIP,
                SessionAffinityTimeoutSeconds = timeout,
                Ports = [new ServicePort { Port = 80, TargetPort = 8080, NodePort = NodePort, Protocol = protocol }],
            },
        });
        return new Cluster(state);
    }

    private static string NodeName(int number) => string.Create(CultureInfo.InvariantCulture, $"node-{number}");

    private static string WebName(int number) => string.Create(CultureInfo.InvariantCulture, $"web-{number}");

    private static Pod PodOf(string name, string app, int node) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = ValueMap.Of("app", app) },
        Spec = new PodSpec { NodeName = NodeName(node) },
    };

    private sealed record Step(int Client, int Node, int Wait, int Jiffies, int Seconds, int Change);
}
