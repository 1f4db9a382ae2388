using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>The objects of a small cluster, with what its control plane does to them: addresses and ports are
/// allocated, Deployments become pods, pods get nodes, Services get slices, proxiers get events.</summary>
/// <remarks>Addresses and ports given in a manifest are taken as given; the rest is allocated in order, so that the
/// same manifests make the same cluster. Not safe for concurrent use.</remarks>
public sealed partial class ClusterState
{
    private readonly Dictionary<NamespacedName, Service> _services = [];
    private readonly Dictionary<NamespacedName, Pod> _pods = [];
    private readonly Dictionary<NamespacedName, Deployment> _deployments = [];
    private readonly Dictionary<NamespacedName, EndpointSlice> _slices = [];
    private readonly Dictionary<NamespacedName, Endpoints> _endpoints = [];
    private readonly List<Node> _nodes = [];
    private readonly List<KubeProxier> _proxiers = [];

    /// <summary>Makes a cluster without nodes or objects.</summary>
    /// <param name="networks">Its networks.</param>
    /// <exception cref="ArgumentNullException"><paramref name="networks"/> is null.</exception>
    public ClusterState(KindNetworks networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        Networks = networks;
        foreach (string network in networks.Services)
        {
            _servicePools.Add(new AddressPool(network, DynamicOffset(network)));
        }
        foreach (string network in networks.Nodes)
        {
            // The first address is the gateway's.
            _nodePools.Add(new AddressPool(network, 2));
        }
        ProxyConfiguration = new KubeProxyConfiguration { ClusterCIDR = string.Join(',', networks.Pods) };
    }

    /// <summary>The networks.</summary>
    public KindNetworks Networks { get; }

    /// <summary>kube-proxy's configuration; what proxiers made later go by.</summary>
    public KubeProxyConfiguration ProxyConfiguration { get; set; }

    /// <summary>The nodes in the order they were added.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The pods in the order they were added.</summary>
    public IReadOnlyCollection<Pod> Pods => _pods.Values;

    /// <summary>The Deployments in the order they were added.</summary>
    public IReadOnlyCollection<Deployment> Deployments => _deployments.Values;

    /// <summary>The Services in the order they were added.</summary>
    public IReadOnlyCollection<Service> Services => _services.Values;

    /// <summary>The slices in the order they were added.</summary>
    public IReadOnlyCollection<EndpointSlice> EndpointSlices => _slices.Values;

    /// <summary>The cluster kind sets up: nodes, and the Services, pods and slices it starts with.</summary>
    /// <param name="kind">kind's configuration.</param>
    /// <exception cref="ArgumentNullException"><paramref name="kind"/> is null.</exception>
    public static ClusterState FromKind(KindCluster kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var cluster = new ClusterState(KindNetworks.Of(kind));
        KindSetup.Build(cluster, kind);
        return cluster;
    }

    /// <summary>Applies every object of a manifest text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <exception cref="ManifestFormatException">The text cannot be read.</exception>
    /// <exception cref="InvalidOperationException">An address or port is taken or used up.</exception>
    public void ApplyText(string text)
    {
        foreach (KubeObject item in ManifestReader.Read(text))
        {
            Apply(item);
        }
    }

    /// <summary>Creates an object, or replaces the one of its kind and name.</summary>
    /// <param name="item">The object; of kinds with no meaning here nothing happens.</param>
    /// <exception cref="InvalidOperationException">An address or port is taken or used up.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    public void Apply(KubeObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        switch (item)
        {
            case Service service:
                SetService(Allocate(service));
                break;
            case Pod pod:
                SetPod(pod);
                break;
            case Deployment deployment:
                _deployments[deployment.Key] = deployment;
                Scale(deployment);
                break;
            case EndpointSlice slice:
                SetSlice(slice);
                break;
            case Endpoints endpoints:
                _endpoints[endpoints.Key] = endpoints;
                MirrorEndpoints(endpoints.Key);
                break;
            case Node node:
                SetNode(node);
                break;
            case KubeProxyConfiguration configuration:
                ProxyConfiguration = configuration;
                break;
        }
    }

    /// <summary>Deletes an object by kind and name; what it owned goes with it.</summary>
    /// <param name="item">The object.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="item"/> is null.</exception>
    public bool Delete(KubeObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item switch
        {
            Service => RemoveService(item.Key),
            Pod => RemovePod(item.Key),
            Deployment => RemoveDeployment(item.Key),
            EndpointSlice => RemoveSlice(item.Key),
            Endpoints => RemoveEndpoints(item.Key),
            _ => false,
        };
    }

    /// <summary>A Service by name, or null.</summary>
    /// <param name="name">The name, <c>web</c> or <c>namespace/web</c>.</param>
    public Service? FindService(string name) => _services.GetValueOrDefault(KeyOf(name));

    /// <summary>A pod by name, or null.</summary>
    /// <param name="name">The name, <c>web</c> or <c>namespace/web</c>.</param>
    public Pod? FindPod(string name) => _pods.GetValueOrDefault(KeyOf(name));

    /// <summary>A node by name, or null.</summary>
    /// <param name="name">The name.</param>
    public Node? FindNode(string name) => _nodes.Find(node => node.Metadata.Name == name);

    /// <summary>Makes the proxier of a node and family; it gets everything there is, and every change from now
    /// on.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="family">The family.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public KubeProxier AddProxier(string node, TimeProvider time, IPFamily family = IPFamily.IPv4)
    {
        Node found = FindNode(node) ?? throw new KeyNotFoundException($"There is no node {node}.");
        var proxier = new KubeProxier(KubeProxierSettings.From(ProxyConfiguration, found, family), time, found);
        foreach (Service service in _services.Values)
        {
            proxier.Apply(service);
        }
        foreach (EndpointSlice slice in _slices.Values)
        {
            proxier.Apply(slice);
        }
        _proxiers.Add(proxier);
        return proxier;
    }

    private static NamespacedName KeyOf(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new("default", name) : new(name[..slash], name[(slash + 1)..]);
    }

    // ServiceIPStaticSubrange: the first sixteenth, 16 to 256 addresses, is for those who choose their own.
    private static int DynamicOffset(string network)
    {
        int bits = KubePrefix.TryParse(network, out KubePrefix prefix)
            ? Math.Min(prefix.Network.Width - prefix.Length, 16)
            : 0;
        return Math.Clamp((1 << bits) / 16, 16, 256) + 1;
    }
}
