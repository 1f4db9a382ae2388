using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Merges the slices of a Service into the endpoints of its ports.</summary>
/// <remarks>pkg/proxy/endpointslicecache.go addEndpoints.</remarks>
internal static class EndpointMap
{
    public static Dictionary<ServicePortName, ValueList<EndpointInfo>> Build(
        NamespacedName service, IEnumerable<EndpointSlice> slices, IPFamily family, string nodeName)
    {
        var merged = new Dictionary<ServicePortName, Dictionary<string, EndpointInfo>>();
        foreach (EndpointSlice slice in slices)
        {
            foreach (EndpointPort port in slice.Ports)
            {
                if (port.Name is not null && port.Port is { } number and not 0)
                {
                    var name = new ServicePortName(service, port.Name, port.Protocol);
                    if (!merged.TryGetValue(name, out Dictionary<string, EndpointInfo>? endpoints))
                    {
                        merged.Add(name, endpoints = new(StringComparer.Ordinal));
                    }
                    Add(endpoints, slice, number, family, nodeName);
                }
            }
        }
        var sorted = new Dictionary<ServicePortName, ValueList<EndpointInfo>>();
        foreach ((ServicePortName name, Dictionary<string, EndpointInfo> endpoints) in merged)
        {
            if (endpoints.Count > 0)
            {
                EndpointInfo[] ordered = [.. endpoints.Values];
                Array.Sort(ordered, static (a, b) => string.CompareOrdinal(a.Text, b.Text));
                sorted.Add(name, new ValueList<EndpointInfo>(ordered));
            }
        }
        return sorted;
    }

    private static void Add(
        Dictionary<string, EndpointInfo> endpoints, EndpointSlice slice, int port, IPFamily family, string nodeName)
    {
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses.Count == 0 ||
                !KubeAddress.TryParse(endpoint.Addresses[0], out KubeAddress address) || address.Family != family)
            {
                continue;
            }
            var info = new EndpointInfo
            {
                Address = address.ToString(),
                Text = address.WithPort(port),
                IsLocal = nodeName.Length > 0 && endpoint.NodeName == nodeName,
                IsReady = endpoint.Ready ?? true,
                IsServing = endpoint.Serving ?? true,
                IsTerminating = endpoint.Terminating ?? false,
                ZoneHints = endpoint.ZoneHints,
                NodeHints = endpoint.NodeHints,
            };
            // While a pod moves from slice to slice it may be in two: the one going away does not win.
            if (!info.IsTerminating || !endpoints.ContainsKey(info.Text))
            {
                endpoints[info.Text] = info;
            }
        }
    }
}
