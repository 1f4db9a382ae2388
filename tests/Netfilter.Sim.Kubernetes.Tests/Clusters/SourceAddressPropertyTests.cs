using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Kubernetes.Tests.Clusters;

/// <summary>Where the backend sees the client's own address: exactly where Kubernetes promises it.</summary>
public class SourceAddressPropertyTests
{
    private const int NodeCount = 3;
    private const int NodePort = 30080;

    private static Gen<Setup> Setups { get; } =
        from homes in Gen.Choose(0, NodeCount - 1).NonEmptyListOf()
        from external in Gen.Elements(TrafficPolicy.Cluster, TrafficPolicy.Local)
        from inside in Gen.Elements(TrafficPolicy.Cluster, TrafficPolicy.Local)
        from masqueradeAll in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from isUdp in Gen.Elements(true, false)
        select new Setup([.. homes.Take(4)], external, inside, masqueradeAll, isUdp);

    [Fact]
    public void ClusterIP_FromAPod_KeepsTheSourceButOfWhoMeetsItselfAndUnderMasqueradeAll() => ForAll((cluster, setup, client) =>
    {
        string node = cluster.State.FindPod(client)?.Spec.NodeName ?? client;
        string[] homes = setup.Inside == TrafficPolicy.Local ? [node] : [.. Enumerable.Range(0, NodeCount).Select(NodeName)];
        string[] expected = setup.Backends(homes);
        Distribution<Connection> ways = cluster.Explore(client, "web:80");

        Reached(ways).ShouldBe(expected);
        bool isPod = node != client;
        foreach (Connection way in ways.Select(way => way.Value).Where(way => way.Backend is not null))
        {
            Keeps(cluster, way).ShouldBe(isPod && !setup.MasqueradeAll && way.Backend != "default/" + client, way.ToString());
        }
    });

    [Fact]
    public void NodePort_FromOutside_KeepsTheSourceUnderPolicyLocalAlone() => ForAllNodes((cluster, setup, node) =>
    {
        bool isLocal = setup.External == TrafficPolicy.Local;
        Distribution<Connection> ways = cluster.Explore(Cluster.Outside, NodePortOf(cluster, node), setup.Protocol);

        Reached(ways).ShouldBe(setup.Backends(isLocal ? [node] : [.. Enumerable.Range(0, NodeCount).Select(NodeName)]));
        ways.Select(way => way.Value).Where(way => way.Backend is not null).ShouldAllBe(way => Keeps(cluster, way) == isLocal);
    });

    [Fact]
    public void NodePort_FromAPodOfThatNode_ReachesAllAndKeepsTheSourceUnderPolicyLocalAlone() => ForAllNodes((cluster, setup, node) =>
    {
        foreach (Pod pod in cluster.State.Pods.Where(pod => pod.Spec.NodeName == node))
        {
            Distribution<Connection> ways = cluster.Explore(pod.Metadata.Name, NodePortOf(cluster, node), setup.Protocol);

            Reached(ways).ShouldBe(setup.Backends([.. Enumerable.Range(0, NodeCount).Select(NodeName)]));
            ways.Select(way => way.Value).ShouldAllBe(way =>
                Keeps(cluster, way) == (setup.External == TrafficPolicy.Local && way.Backend != "default/" + pod.Metadata.Name));
        }
    });

    [Fact]
    public void NodePort_FromAnotherNode_KeepsTheSourceUnderPolicyLocalAlone() => ForAllNodes((cluster, setup, node) =>
    {
        bool isLocal = setup.External == TrafficPolicy.Local;
        foreach (string client in Enumerable.Range(0, NodeCount).Select(NodeName))
        {
            Distribution<Connection> ways = cluster.Explore(client, NodePortOf(cluster, node), setup.Protocol);
            bool isOwn = client == node;

            Reached(ways).ShouldBe(setup.Backends(isLocal && !isOwn ? [node] : [.. Enumerable.Range(0, NodeCount).Select(NodeName)]));
            ways.Select(way => way.Value).Where(way => way.Backend is not null)
                .ShouldAllBe(way => Keeps(cluster, way) == (isLocal && !isOwn));
        }
    });

    private static void ForAll(Action<Cluster, Setup, string> property) => PropertyCheck.ForAll(
        Setups,
        setup =>
        {
            Cluster cluster = setup.Build();
            foreach (string client in cluster.State.Pods.Where(pod => pod.Metadata.Namespace == "default").Select(pod => pod.Metadata.Name)
                .Concat(cluster.State.Nodes.Select(node => node.Metadata.Name)))
            {
                property(cluster, setup, client);
            }
        },
        count: 25);

    private static void ForAllNodes(Action<Cluster, Setup, string> property) => PropertyCheck.ForAll(
        Setups,
        setup =>
        {
            Cluster cluster = setup.Build();
            foreach (Node node in cluster.State.Nodes)
            {
                property(cluster, setup, node.Metadata.Name);
            }
        },
        count: 25);

    private static string[] Reached(Distribution<Connection> ways) =>
        [.. ways.Where(way => way.Value.Outcome == ConversationOutcome.Connected).Select(way => way.Value.Backend!).Distinct().Order(StringComparer.Ordinal)];

    // By the address itself, not by what the cluster says of it.
    private static bool Keeps(Cluster cluster, Connection way) =>
        cluster[way.From].Interfaces.SelectMany(device => device.Addresses).Any(address => address.Address == way.SourceSeenByBackend!.Value.Address)
        && way.KeepsSource;

    private static string NodePortOf(Cluster cluster, string node) => $"{cluster.State.FindNode(node)!.Addresses[0].Address}:{NodePort}";

    private static string NodeName(int number) => string.Create(CultureInfo.InvariantCulture, $"node-{number}");

    private sealed record Setup(int[] Homes, TrafficPolicy External, TrafficPolicy Inside, bool MasqueradeAll, bool IsUdp)
    {
        public TransportProtocol Protocol => IsUdp ? TransportProtocol.Udp : TransportProtocol.Tcp;

        public string[] Backends(string[] nodes) => [.. Enumerable.Range(0, Homes.Length)
            .Where(number => nodes.Contains(NodeName(Homes[number]))).Select(number => "default/" + WebName(number)).Order(StringComparer.Ordinal)];

        public Cluster Build()
        {
            ClusterState state = new(KindNetworks.Of(new KindCluster()));
            state.Apply(state.ProxyConfiguration with { MasqueradeAll = MasqueradeAll });
            for (int i = 0; i < NodeCount; i++)
            {
                state.Apply(new Node { Metadata = new ObjectMeta { Name = NodeName(i) } });
            }
            for (int i = 0; i < Homes.Length; i++)
            {
                state.Apply(PodOf(WebName(i), "web", Homes[i]));
            }
            state.Apply(PodOf("client", "client", 0));
            state.Apply(new Service
            {
                Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
                Spec = new ServiceSpec
                {
                    Type = ServiceType.NodePort,
                    Selector = ValueMap.Of("app", "web"),
                    ExternalTrafficPolicy = External,
                    InternalTrafficPolicy = Inside,
                    Ports = [new ServicePort { Port = 80, TargetPort = 8080, NodePort = NodePort, Protocol = Protocol }],
                },
            });
            return new Cluster(state);
        }

        private static string WebName(int number) => string.Create(CultureInfo.InvariantCulture, $"web-{number}");

        private static Pod PodOf(string name, string app, int node) => new()
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = ValueMap.Of("app", app) },
            Spec = new PodSpec { NodeName = NodeName(node) },
        };
    }
}
