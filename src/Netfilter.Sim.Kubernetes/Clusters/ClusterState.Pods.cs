using System.Globalization;
using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Kubernetes.Slices;

namespace Netfilter.Sim.Kubernetes.Clusters;

public sealed partial class ClusterState
{
    private readonly List<AddressPool> _nodePools = [];
    private readonly Dictionary<string, List<AddressPool>> _podPools = new(StringComparer.Ordinal);

    /// <summary>Changes a pod and lets the slices follow: readiness, termination, labels.</summary>
    /// <param name="name">The pod's name, <c>web</c> or <c>namespace/web</c>.</param>
    /// <param name="change">What to make of it; its name stays.</param>
    /// <exception cref="KeyNotFoundException">There is no such pod.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    public void UpdatePod(string name, Func<Pod, Pod> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Pod pod = FindPod(name) ?? throw new KeyNotFoundException($"There is no pod {name}.");
        SetPod(change(pod));
    }

    // Nodes without addresses or pod networks get the next ones, as kind's node container and the controller give them.
    private void SetNode(Node node)
    {
        int index = _nodes.FindIndex(known => known.Metadata.Name == node.Metadata.Name);
        if (node.Addresses.Count == 0)
        {
            node = node with
            {
                Addresses = index >= 0
                    ? _nodes[index].Addresses
                    : _nodePools.Select(pool => new NodeAddress("InternalIP", pool.Next())).ToValueList(),
            };
        }
        if (node.PodCIDRs.Count == 0)
        {
            node = node with
            {
                PodCIDRs = index >= 0
                    ? _nodes[index].PodCIDRs
                    : Networks.Pods.AsEnumerable().Select(network => PodNetwork(network, _nodes.Count)).ToValueList(),
            };
        }
        if (index >= 0)
        {
            _nodes[index] = node;
        }
        else
        {
            _nodes.Add(node);
            _podPools[node.Metadata.Name] =
                [.. node.PodCIDRs.AsEnumerable().Select(network => new AddressPool(network, 2))];
        }
        _proxiers.ForEach(proxier => proxier.Apply(node));
        ReconcileAll();
    }

    // Each node has 256 IPv4 or 2^64 IPv6 addresses (kube-controller-manager's node-cidr-mask-size).
    private static string PodNetwork(string network, int index)
    {
        if (!KubePrefix.TryParse(network, out KubePrefix prefix))
        {
            throw new FormatException($"\"{network}\" is not a network");
        }
        int length = Math.Max(prefix.Length, prefix.Family == IPFamily.IPv4 ? 24 : 64);
        UInt128 step = UInt128.One << (prefix.Network.Width - length);
        return new KubePrefix(prefix.Network.Plus(step * (UInt128)index), length).ToString();
    }

    private void SetPod(Pod pod)
    {
        _pods.TryGetValue(pod.Key, out Pod? before);
        string? node = pod.Spec.NodeName ?? before?.Spec.NodeName ?? Schedule(pod);
        PodStatus status = pod.Status.PodIPs.Count == 0 && before is not null
            ? pod.Status with { PodIPs = before.Status.PodIPs }
            : pod.Status;
        if (node is not null && FindNode(node) is { } home)
        {
            status = status with
            {
                PodIPs = status.PodIPs.Count > 0 ? Take(home, status.PodIPs) : PodAddresses(pod, home),
                HostIP = status.HostIP ?? home.Addresses[0].Address,
                Phase = status.Phase ?? "Running",
                Ready = status.Ready ?? true,
            };
        }
        Pod placed = pod with { Spec = pod.Spec with { NodeName = node }, Status = status };
        _pods[pod.Key] = placed;
        ReconcileFor(placed.Metadata.Namespace);
    }

    private bool RemovePod(NamespacedName key)
    {
        if (!_pods.Remove(key, out Pod? pod))
        {
            return false;
        }
        if (pod.Spec.NodeName is { } node && !pod.Spec.HostNetwork &&
            _podPools.TryGetValue(node, out List<AddressPool>? pools))
        {
            foreach (string address in pod.Status.PodIPs)
            {
                pools.ForEach(pool => pool.Release(address));
            }
        }
        ReconcileFor(key.Namespace);
        return true;
    }

    private ValueList<string> Take(Node home, ValueList<string> addresses)
    {
        foreach (string address in addresses)
        {
            _podPools[home.Metadata.Name].ForEach(pool => pool.TryTake(address));
        }
        return addresses;
    }

    private ValueList<string> PodAddresses(Pod pod, Node home) => pod.Spec.HostNetwork
        ? home.Addresses.AsEnumerable().Where(a => a.Type == "InternalIP").Select(a => a.Address).ToValueList()
        : _podPools[home.Metadata.Name].Select(pool => pool.Next()).ToValueList();

    // The node with the fewest pods, the first of equals; tainted nodes only when nothing else is there.
    private string? Schedule(Pod pod)
    {
        Node[] fitting = [.. _nodes.Where(node => node.Metadata.Labels.Contains(pod.Spec.NodeSelector))];
        Node[] open = [.. fitting.Where(node => node.TaintKeys.Count == 0)];
        return open.MinBy(node => _pods.Values.Count(p => p.Spec.NodeName == node.Metadata.Name))?.Metadata.Name;
    }

    private void Scale(Deployment deployment)
    {
        string hash = GeneratedName.Letters(deployment.Key + deployment.Template.ToString(), 10);
        string prefix = deployment.Metadata.Name + "-" + hash;
        NamespacedName[] own = [.. _pods.Keys.Where(key =>
            key.Namespace == deployment.Metadata.Namespace &&
            key.Name.StartsWith(prefix + "-", StringComparison.Ordinal))];
        foreach (NamespacedName surplus in own.Skip(deployment.Replicas))
        {
            RemovePod(surplus);
        }
        for (int i = own.Length; i < deployment.Replicas; i++)
        {
            string name = prefix + "-" + GeneratedName.Letters(
                string.Create(CultureInfo.InvariantCulture, $"{deployment.Key}#{i}"), 5);
            SetPod(new Pod
            {
                Metadata = deployment.TemplateMetadata with { Name = name, Namespace = deployment.Metadata.Namespace },
                Spec = deployment.Template,
            });
        }
    }

    private bool RemoveDeployment(NamespacedName key)
    {
        if (!_deployments.Remove(key, out Deployment? deployment))
        {
            return false;
        }
        Scale(deployment with { Replicas = 0 });
        return true;
    }

    private void ReconcileFor(string ns)
    {
        foreach (Service service in _services.Values.Where(service => service.Metadata.Namespace == ns).ToArray())
        {
            ReconcileSlices(service);
        }
    }

    private void ReconcileAll()
    {
        foreach (Service service in _services.Values.ToArray())
        {
            ReconcileSlices(service);
        }
    }
}
