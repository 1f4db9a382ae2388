using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Kubernetes.Slices;

namespace Netfilter.Sim.Kubernetes.Clusters;

public sealed partial class ClusterState
{
    private readonly List<AddressPool> _servicePools = [];
    private readonly NodePortPool _nodePorts = new();
    private readonly EndpointSliceController _controller = new();

    /// <summary>The cluster IP at an offset of the service network of the first family.</summary>
    internal string ServiceAddressAt(int offset) => _servicePools[0].At(offset);

    private Service Allocate(Service service)
    {
        _services.TryGetValue(service.Key, out Service? before);
        ServiceSpec spec = service.Spec;
        if (spec.Type == ServiceType.ExternalName)
        {
            return service;
        }
        ValueList<string> addresses = spec.ClusterIP == "None" ? ["None"] : Addresses(spec, before);
        bool wantsNodePorts = spec.Type == ServiceType.NodePort ||
            (spec.Type == ServiceType.LoadBalancer && spec.AllocateLoadBalancerNodePorts);
        return service with
        {
            Spec = spec with
            {
                ClusterIP = addresses[0],
                ClusterIPs = addresses,
                IPFamilies = spec.IPFamilies.Count > 0 ? spec.IPFamilies : Families(addresses),
                Ports = spec.Ports.AsEnumerable().Select(port => Port(port, before, wantsNodePorts)).ToValueList(),
                HealthCheckNodePort = HealthCheckPort(spec, before),
            },
        };
    }

    private ValueList<string> Addresses(ServiceSpec spec, Service? before)
    {
        ValueList<string> given = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs
            : spec.ClusterIP.Length > 0 ? [spec.ClusterIP]
            : default;
        if (given.Count == 0 && before is { Spec.ClusterIPs.Count: > 0 })
        {
            return before.Spec.ClusterIPs;
        }
        if (given.Count > 0)
        {
            foreach (string address in given)
            {
                if (before?.Spec.ClusterIPs.AsSpan().Contains(address) != true &&
                    !_servicePools.Exists(pool => pool.TryTake(address)))
                {
                    throw new InvalidOperationException(
                        $"The cluster IP {address} is taken or outside the service network.");
                }
            }
            return given;
        }
        bool single = spec.IPFamilyPolicy == IPFamilyPolicy.SingleStack && spec.IPFamilies.Count < 2;
        int count = single ? 1 : _servicePools.Count;
        IEnumerable<AddressPool> pools = spec.IPFamilies.Count == 0
            ? _servicePools.Take(count)
            : spec.IPFamilies.AsEnumerable().Select(family => _servicePools.First(pool => pool.Family == family));
        return pools.Select(pool => pool.Next()).ToValueList();
    }

    private ServicePort Port(ServicePort port, Service? before, bool wantsNodePort)
    {
        int old = before?.Spec.Ports.AsEnumerable()
            .FirstOrDefault(p => p.Port == port.Port && p.Protocol == port.Protocol)?.NodePort ?? 0;
        int nodePort = port.NodePort;
        if (nodePort != 0 && nodePort != old && !_nodePorts.TryTake(nodePort))
        {
            throw new InvalidOperationException($"The node port {nodePort} is taken or outside 30000 to 32767.");
        }
        if (nodePort == 0 && wantsNodePort)
        {
            nodePort = old != 0 ? old : _nodePorts.Next();
        }
        return port with { NodePort = nodePort, TargetPort = port.TargetPort.IsEmpty ? port.Port : port.TargetPort };
    }

    private int HealthCheckPort(ServiceSpec spec, Service? before)
    {
        if (spec.Type != ServiceType.LoadBalancer || spec.ExternalTrafficPolicy != TrafficPolicy.Local)
        {
            return 0;
        }
        int port = spec.HealthCheckNodePort != 0 ? spec.HealthCheckNodePort : before?.Spec.HealthCheckNodePort ?? 0;
        return port != 0 ? port : _nodePorts.Next();
    }

    private static ValueList<IPFamily> Families(ValueList<string> addresses)
    {
        var families = new List<IPFamily>();
        foreach (string text in addresses)
        {
            if (KubeAddress.TryParse(text, out KubeAddress address))
            {
                families.Add(address.Family);
            }
        }
        return families.ToValueList();
    }

    private void SetService(Service service)
    {
        _services[service.Key] = service;
        foreach (KubeProxier proxier in _proxiers)
        {
            proxier.Apply(service);
        }
        ReconcileSlices(service);
        MirrorEndpoints(service.Key);
    }

    private bool RemoveService(NamespacedName key)
    {
        if (!_services.Remove(key, out Service? service))
        {
            return false;
        }
        foreach (string address in service.Spec.ClusterIPs)
        {
            _servicePools.ForEach(pool => pool.Release(address));
        }
        foreach (ServicePort port in service.Spec.Ports)
        {
            _nodePorts.Release(port.NodePort);
        }
        _proxiers.ForEach(proxier => proxier.Remove(service));
        foreach (EndpointSlice slice in _slices.Values.Where(slice => slice.ServiceKey == key).ToArray())
        {
            // Slices made by hand have no owner and stay.
            if (slice.Metadata.Labels.ContainsKey(EndpointSlice.ManagedByLabel))
            {
                RemoveSlice(slice.Key);
            }
        }
        return true;
    }

    private void ReconcileSlices(Service service)
    {
        SliceChanges changes = _controller.Reconcile(service, _pods.Values, _nodes, _slices.Values);
        foreach (EndpointSlice slice in changes.Created.Concat(changes.Updated))
        {
            SetSlice(slice);
        }
        foreach (EndpointSlice slice in changes.Deleted)
        {
            RemoveSlice(slice.Key);
        }
    }

    private bool RemoveEndpoints(NamespacedName key)
    {
        bool wasThere = _endpoints.Remove(key);
        MirrorEndpoints(key);
        return wasThere;
    }

    // endpointslicemirroring_controller.go syncEndpoints: only what is written by hand is mirrored.
    private void MirrorEndpoints(NamespacedName key)
    {
        bool isByHand = _services.TryGetValue(key, out Service? service) && service.Spec.Selector.Count == 0
            && _endpoints.ContainsKey(key);
        EndpointSlice[] wanted = isByHand ? [.. EndpointsMirror.Mirror(_endpoints[key])] : [];
        EndpointSlice[] present = [.. _slices.Values.Where(slice => slice.ServiceKey == key
            && slice.Metadata.Labels.Find(EndpointSlice.ManagedByLabel) == EndpointsMirror.ManagedBy)];
        foreach (EndpointSlice gone in present.ExceptBy(wanted.Select(slice => slice.Key), slice => slice.Key))
        {
            RemoveSlice(gone.Key);
        }
        Array.ForEach(wanted, SetSlice);
    }

    private void SetSlice(EndpointSlice slice)
    {
        _slices[slice.Key] = slice;
        _proxiers.ForEach(proxier => proxier.Apply(slice));
    }

    private bool RemoveSlice(NamespacedName key)
    {
        if (!_slices.Remove(key, out EndpointSlice? slice))
        {
            return false;
        }
        _proxiers.ForEach(proxier => proxier.Remove(slice));
        return true;
    }
}
