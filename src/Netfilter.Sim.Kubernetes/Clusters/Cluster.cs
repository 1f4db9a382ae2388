using Netfilter.Sim.Determinism;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>A cluster that carries traffic: a namespace for every node and pod and a client outside, the cables and routes
/// between them as kind lays them, a kube-proxy on every node, servers in the pods.</summary>
/// <remarks>Everything runs on <see cref="Clock"/>; nothing happens by itself but what <see cref="Advance"/> lets happen. Not
/// safe for concurrent use.</remarks>
public sealed partial class Cluster
{
    /// <summary>The name of the client outside, which is also the nodes' default gateway.</summary>
    public const string Outside = "outside";

    private readonly ulong _seed;
    private readonly Dictionary<string, List<NodeProxy>> _proxies = new(StringComparer.Ordinal);

    /// <summary>Lays a cluster out and lets every kube-proxy sync once.</summary>
    /// <param name="state">The objects; the cluster owns them from now on, change them by its own methods.</param>
    /// <param name="seed">The seed of chance; the same for the same course of things.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public Cluster(ClusterState state, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(state);
        (State, _seed) = (state, seed);
        Programs = new Programs(Network);
        BuildNodes();
        Follow();
        Settle();
    }

    /// <summary>The objects.</summary>
    public ClusterState State { get; }

    /// <summary>The clock of all hosts.</summary>
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The hosts and their cables.</summary>
    public Network Network { get; } = new();

    /// <summary>The servers and clients.</summary>
    public Programs Programs { get; }

    /// <summary>A host's namespace: a node by name, a pod by <c>name</c> or <c>namespace/name</c>, <see cref="Outside"/>.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is no such host.</exception>
    public NetworkNamespace this[string name] => FindHost(name) ?? throw new KeyNotFoundException($"There is no node, pod or client {name}.");

    /// <summary>Sets up the cluster that files describe. kind's configuration comes first, if there is one; without it the
    /// cluster has kind's networks and the nodes that the files hold, or one.</summary>
    /// <param name="files">The files' names.</param>
    /// <exception cref="ManifestFormatException">A file cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static Cluster Load(params IEnumerable<string> files) => Parse(files.Select(File.ReadAllText));

    /// <summary>Sets up the cluster that manifests describe, as <see cref="Load"/> does.</summary>
    /// <param name="manifests">The texts.</param>
    /// <exception cref="ManifestFormatException">A text cannot be read.</exception>
    public static Cluster Parse(params IEnumerable<string> manifests)
    {
        KubeObject[] objects = [.. manifests.SelectMany(text => ManifestReader.Read(text))];
        KindCluster? kind = objects.OfType<KindCluster>().FirstOrDefault();
        bool bringsNodes = kind is null && objects.OfType<Node>().Any();
        ClusterState state = bringsNodes
            ? new ClusterState(KindNetworks.Of(new KindCluster()))
            : ClusterState.FromKind(kind ?? new KindCluster());
        foreach (KubeObject item in objects.OrderBy(item => item is not Node))
        {
            state.Apply(item);
        }
        return new Cluster(state);
    }

    /// <summary>Creates or replaces an object; rules follow when time passes (<see cref="Settle"/>, <see cref="Advance"/>).</summary>
    /// <param name="item">The object; not a node, whose number is fixed from the start.</param>
    /// <exception cref="InvalidOperationException">An address or port is taken or used up, or it is a new node.</exception>
    public void Apply(KubeObject item)
    {
        if (item is Node node && State.FindNode(node.Metadata.Name) is null)
        {
            throw new InvalidOperationException("Nodes have to be there when the cluster is laid out.");
        }
        State.Apply(item);
        Follow();
    }

    /// <summary>Applies every object of a manifest text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <exception cref="ManifestFormatException">The text cannot be read.</exception>
    public void ApplyText(string text)
    {
        foreach (KubeObject item in ManifestReader.Read(text))
        {
            Apply(item);
        }
    }

    /// <summary>Deletes an object; what it owned goes with it.</summary>
    /// <param name="item">The object.</param>
    /// <returns>Whether it was there.</returns>
    public bool Delete(KubeObject item)
    {
        bool wasThere = State.Delete(item);
        Follow();
        return wasThere;
    }

    /// <summary>Changes a Service and lets the rest follow.</summary>
    /// <param name="name">The name, <c>web</c> or <c>namespace/web</c>.</param>
    /// <param name="change">What to make of its spec.</param>
    /// <exception cref="KeyNotFoundException">There is no such Service.</exception>
    public void UpdateService(string name, Func<ServiceSpec, ServiceSpec> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Service service = State.FindService(name) ?? throw new KeyNotFoundException($"There is no Service {name}.");
        Apply(service with { Spec = change(service.Spec) });
    }

    /// <summary>Changes a pod: readiness, termination, labels.</summary>
    /// <param name="name">The name, <c>web</c> or <c>namespace/web</c>.</param>
    /// <param name="change">What to make of it.</param>
    /// <exception cref="KeyNotFoundException">There is no such pod.</exception>
    public void UpdatePod(string name, Func<Pod, Pod> change)
    {
        State.UpdatePod(name, change);
        Follow();
    }

    /// <summary>A node falls silent: its cable is pulled. Its pods stay endpoints until something marks them not ready.</summary>
    /// <param name="name">The node.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void LoseNode(string name) => Network.Disconnect(this[name], "eth0");

    /// <summary>Lets time pass; syncs happen when they are due.</summary>
    /// <param name="time">How much.</param>
    public void Advance(TimeSpan time)
    {
        DateTimeOffset end = Clock.GetUtcNow() + time;
        while (_proxies.Values.SelectMany(list => list).MinBy(proxy => proxy.NextRun) is { } next && next.NextRun <= end)
        {
            RunAt(next, next.NextRun);
        }
        Clock.AdvanceTo(end);
    }

    /// <summary>Lets as much time pass as it takes until every kube-proxy has synced what there is.</summary>
    public void Settle()
    {
        while (_proxies.Values.SelectMany(list => list).Where(proxy => proxy.IsWaiting).MinBy(proxy => proxy.NextSync) is { } next)
        {
            RunAt(next, next.NextSync);
        }
    }

    /// <summary>The proxier of a node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="family">The family.</param>
    /// <exception cref="KeyNotFoundException">There is no such node, or it does not have the family.</exception>
    public KubeProxier ProxierOf(string node, IPFamily family = IPFamily.IPv4) => ProxyOf(node, family).Proxier;

    /// <summary>What the last sync of a node's kube-proxy did.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="family">The family.</param>
    /// <exception cref="KeyNotFoundException">There is no such node, or it does not have the family.</exception>
    public ProxySync LastSyncOf(string node, IPFamily family = IPFamily.IPv4) => ProxyOf(node, family).LastSync!;

    private NodeProxy ProxyOf(string node, IPFamily family) =>
        _proxies.GetValueOrDefault(node)?.Find(proxy => proxy.Proxier.Settings.Family == family)
        ?? throw new KeyNotFoundException($"There is no kube-proxy for {family} on {node}.");

    private void RunAt(NodeProxy proxy, DateTimeOffset instant)
    {
        if (instant > Clock.GetUtcNow())
        {
            Clock.AdvanceTo(instant);
        }
        proxy.Run();
    }
}
