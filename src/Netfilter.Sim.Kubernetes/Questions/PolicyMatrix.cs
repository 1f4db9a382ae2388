using System.Globalization;
using System.Text;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>Traffic policy × place of the client × place of the endpoints, each cell played in a cluster of three nodes.</summary>
public static class PolicyMatrix
{
    private const int NodePort = 30080;

    // The names of the nodes: the one that is called, one with endpoints, one without anything.
    private static readonly string[] Nodes = ["entry", "other", "third"];

    /// <summary>Plays every cell.</summary>
    public static IReadOnlyList<PolicyCell> Create()
    {
        List<PolicyCell> cells = [];
        foreach (TrafficPolicy policy in (ReadOnlySpan<TrafficPolicy>)[TrafficPolicy.Cluster, TrafficPolicy.Local])
        {
            foreach (string endpoints in (ReadOnlySpan<string>)["entry", "other", "both", "none"])
            {
                Cluster cluster = Build(policy, endpoints);
                string entry = cluster.State.FindNode("entry")!.Addresses[0].Address;
                foreach (string client in (ReadOnlySpan<string>)["client-entry", "client-other", "client-third", "entry", "third", Cluster.Outside])
                {
                    if (client != Cluster.Outside)
                    {
                        cells.Add(new PolicyCell(policy, "cluster IP", endpoints, client, FateOf(cluster.Explore(client, "web:80"))));
                    }
                    string port = string.Create(CultureInfo.InvariantCulture, $"{entry}:{NodePort}");
                    cells.Add(new PolicyCell(policy, "node port", endpoints, client, FateOf(cluster.Explore(client, port))));
                }
            }
        }
        return cells;
    }

    /// <summary>The matrix as text: a block for each address and policy, a line for each client, a column for each placement.</summary>
    public static string Render(IReadOnlyList<PolicyCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        StringBuilder text = new();
        foreach (IGrouping<(string Address, TrafficPolicy Policy), PolicyCell> block in cells.GroupBy(cell => (cell.Address, cell.Policy))
            .OrderBy(block => block.Key.Address, StringComparer.Ordinal))
        {
            string policy = block.Key.Address == "cluster IP" ? "internalTrafficPolicy" : "externalTrafficPolicy";
            text.Append(CultureInfo.InvariantCulture, $"{block.Key.Address}, {policy}: {block.Key.Policy}\n");
            foreach (IGrouping<string, PolicyCell> client in block.GroupBy(cell => cell.Client))
            {
                text.Append(CultureInfo.InvariantCulture, $"  {client.Key}\n");
                foreach (PolicyCell cell in client)
                {
                    text.Append(CultureInfo.InvariantCulture, $"    endpoints {cell.Endpoints,-6} {cell.Fate}\n");
                }
            }
        }
        return text.ToString();
    }

    private static string FateOf(Distribution<Connection> ways) => string.Join(", ", ways.GroupBy(Describe)
        .Select(way => ways.Count == 1 ? way.Value : string.Create(CultureInfo.InvariantCulture, $"{way.Probability.ToDouble():P0} {way.Value}")));

    private static string Describe(Connection connection) => connection.Outcome == ConversationOutcome.Connected
        ? $"{connection.Backend!["default/".Length..]}{(connection.MasqueradedBy is null ? "" : " (masqueraded)")}"
        : connection.Outcome.ToString().ToLowerInvariant();

    private static Cluster Build(TrafficPolicy policy, string endpoints)
    {
        ClusterState state = new(KindNetworks.Of(new KindCluster()));
        foreach (string name in Nodes)
        {
            state.Apply(new Node { Metadata = new ObjectMeta { Name = name } });
            state.Apply(PodOn(name, "client-" + name, default));
        }
        foreach (string node in Nodes.Take(2).Where(node => endpoints == node || endpoints == "both"))
        {
            state.Apply(PodOn(node, "web-" + node, ValueMap.Of("app", "web")));
        }
        state.Apply(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec
            {
                Type = ServiceType.NodePort,
                Selector = ValueMap.Of("app", "web"),
                InternalTrafficPolicy = policy,
                ExternalTrafficPolicy = policy,
                Ports = [new ServicePort { Port = 80, TargetPort = 8080, NodePort = NodePort }],
            },
        });
        return new Cluster(state);
    }

    private static Pod PodOn(string node, string name, ValueMap labels) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = labels },
        Spec = new PodSpec { NodeName = node },
    };
}
