using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>Turns pods into endpoints, grouped by the numbers their ports resolve to.</summary>
/// <remarks>k8s.io/endpointslice utils.go podToEndpoint, getEndpointPorts; trafficdist/trafficdist.go.</remarks>
internal static class PodEndpoints
{
    public static IEnumerable<IPFamily> FamiliesOf(Service service)
    {
        if (service.Spec.IPFamilies.Count > 0)
        {
            return service.Spec.IPFamilies;
        }
        return KubeAddress.TryParse(service.Spec.ClusterIP, out KubeAddress address)
            ? [address.Family]
            : [IPFamily.IPv4];
    }

    public static IReadOnlyList<(ValueList<EndpointPort> Ports, List<Endpoint> Endpoints)> Group(
        Service service, IEnumerable<Pod> pods, Dictionary<string, string?> zones, IPFamily family)
    {
        var groups = new List<(ValueList<EndpointPort> Ports, List<Endpoint> Endpoints)>();
        foreach (Pod pod in pods)
        {
            if (AddressOf(pod, family) is not { } address)
            {
                continue;
            }
            ValueList<EndpointPort> ports = PortsOf(service, pod);
            int index = groups.FindIndex(group => group.Ports == ports);
            if (index < 0)
            {
                index = groups.Count;
                groups.Add((ports, []));
            }
            groups[index].Endpoints.Add(EndpointOf(service, pod, address, zones));
        }
        return groups;
    }

    private static string? AddressOf(Pod pod, IPFamily family)
    {
        foreach (string text in pod.Status.PodIPs)
        {
            if (KubeAddress.TryParse(text, out KubeAddress address) && address.Family == family)
            {
                return address.ToString();
            }
        }
        return null;
    }

    // A name that no container port has leaves the port out for this pod, which puts the pod into a group of its own.
    private static ValueList<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (ServicePort port in service.Spec.Ports)
        {
            int number = port.TargetPort.Name is { } name ? NumberOf(pod, name, port.Protocol)
                : port.TargetPort.Number != 0 ? port.TargetPort.Number
                : port.Port;
            if (number != 0)
            {
                ports.Add(new EndpointPort
                {
                    Name = port.Name,
                    Protocol = port.Protocol,
                    Port = number,
                    AppProtocol = port.AppProtocol,
                });
            }
        }
        return ports.ToValueList();
    }

    private static int NumberOf(Pod pod, string name, TransportProtocol protocol)
    {
        foreach (Container container in pod.Spec.Containers)
        {
            foreach (ContainerPort port in container.Ports)
            {
                if (port.Name == name && port.Protocol == protocol)
                {
                    return port.Number;
                }
            }
        }
        return 0;
    }

    private static Endpoint EndpointOf(
        Service service, Pod pod, string address, Dictionary<string, string?> zones)
    {
        bool serving = pod.Status.Ready ?? pod.Status.Phase is null or "Running";
        bool ready = service.Spec.PublishNotReadyAddresses || (serving && !pod.IsTerminating);
        string? node = pod.Spec.NodeName;
        string? zone = node is null ? null : zones.GetValueOrDefault(node);
        (bool toZone, bool toNode) = service.Spec.TrafficDistribution switch
        {
            "PreferSameNode" => (true, true),
            "PreferClose" or "PreferSameZone" => (true, false),
            _ => (false, false),
        };
        return new Endpoint
        {
            Addresses = [address],
            Ready = ready,
            Serving = serving,
            Terminating = pod.IsTerminating,
            Hostname = pod.Spec.Subdomain == service.Metadata.Name ? pod.Spec.Hostname : null,
            NodeName = node,
            Zone = zone,
            TargetRef = new ObjectReference("Pod", pod.Metadata.Namespace, pod.Metadata.Name),
            ZoneHints = toZone && ready && zone is not null ? [zone] : default,
            NodeHints = toNode && ready && node is not null ? [node] : default,
        };
    }
}
