using System.Globalization;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace RollingUpdate;

/// <summary>
/// Three pods are replaced one by one: the new one becomes ready, the old one terminates and goes. After each thing that
/// happens, before and after the rules follow, every client calls.
/// </summary>
internal sealed class Update(TextWriter output, string title, bool grace)
{
    private const string Label = "web";

    private readonly Cluster _cluster = Build();
    private int _lost;

    public void Run()
    {
        output.WriteLine(title);
        Call("before");
        for (int i = 1; i <= 3; i++)
        {
            Step(Text($"web-new-{i} starts, not ready"), () => _cluster.Apply(PodOf(Text($"web-new-{i}"), Text($"kind-worker{(i == 1 ? "" : i)}"), isReady: false)));
            Step(Text($"web-new-{i} is ready"), () => _cluster.UpdatePod(Text($"web-new-{i}"), pod => pod with { Status = pod.Status with { Ready = true } }));
            string old = Text($"web-old-{i}");
            if (grace)
            {
                Step($"{old} terminates and still serves", () => _cluster.UpdatePod(old, pod => pod with
                {
                    Metadata = pod.Metadata with { DeletionTimestamp = "2026-01-01T00:00:00Z" },
                }));
            }
            Step($"{old} is gone", () => _cluster.Delete(_cluster.State.FindPod(old)!));
        }
        output.WriteLine(_lost == 0 ? "  no request was lost" : Text($"  {_lost} ways to lose a request"));
        output.WriteLine();
    }

    private void Step(string what, Action change)
    {
        change();
        Call(what + ", rules not yet");
        TimeSpan start = _cluster.MeasureDelay(_ => { });
        Call(Text($"{what}, rules follow after {start.TotalSeconds:F1} s"));
        _cluster.Advance(TimeSpan.FromSeconds(5));
    }

    private void Call(string when)
    {
        List<string> fates = [];
        foreach (string client in (string[])["client", "kind-control-plane", Cluster.Outside])
        {
            string to = client == Cluster.Outside ? "172.18.0.2:30080" : "web:80";
            foreach (var way in _cluster.Explore(client, to).GroupBy(way => way.Outcome == ConversationOutcome.Connected
                ? "" : $"{way.Outcome} ({way.Failure})").Where(way => way.Value.Length > 0))
            {
                fates.Add(Text($"{client}: {way.Probability.ToDouble():P0} {way.Value}"));
            }
        }
        _lost += fates.Count;
        output.WriteLine($"  {when}: {(fates.Count == 0 ? "every request is answered" : string.Join("; ", fates))}");
    }

    private static Cluster Build()
    {
        ClusterState state = ClusterState.FromKind(new KindCluster
        {
            Nodes = [new KindNode(), new KindNode { Role = "worker" }, new KindNode { Role = "worker" }, new KindNode { Role = "worker" }],
        });
        state.Apply(new Pod
        {
            Metadata = new ObjectMeta { Name = "client", Namespace = "default" },
            Spec = new PodSpec { NodeName = "kind-worker" },
        });
        for (int i = 1; i <= 3; i++)
        {
            state.Apply(PodOf(Text($"web-old-{i}"), Text($"kind-worker{(i == 1 ? "" : i)}"), isReady: true));
        }
        state.Apply(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec
            {
                Type = ServiceType.NodePort,
                Selector = ValueMap.Of("app", Label),
                Ports = [new ServicePort { Port = 80, TargetPort = 8080, NodePort = 30080 }],
            },
        });
        return new Cluster(state);
    }

    private static Pod PodOf(string name, string node, bool isReady) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = ValueMap.Of("app", Label) },
        Spec = new PodSpec { NodeName = node, Containers = [new Container { Name = "web", Ports = [new ContainerPort { Number = 8080 }] }] },
        Status = new PodStatus { Ready = isReady },
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
