using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Remembers the slices of each Service, and which differ from what the last sync saw.</summary>
/// <remarks>pkg/proxy/endpointslicecache.go and endpointschangetracker.go. Unlike a Service, a slice that changed and
/// changed back is a change.</remarks>
internal sealed class EndpointSliceTracker(IPFamily family, string nodeName)
{
    private static readonly Dictionary<ServicePortName, ValueList<EndpointInfo>> Nothing = [];

    private readonly Dictionary<NamespacedName, ServiceSlices> _services = [];
    private readonly HashSet<NamespacedName> _pending = [];

    public bool HasPending => _pending.Count > 0;

    /// <summary>The endpoints of a Service by service port, in text order.</summary>
    public IReadOnlyDictionary<ServicePortName, ValueList<EndpointInfo>> EndpointsOf(NamespacedName service) =>
        _services.TryGetValue(service, out ServiceSlices? slices) ? slices.Endpoints : Nothing;

    public IEnumerable<KeyValuePair<NamespacedName, Dictionary<ServicePortName, ValueList<EndpointInfo>>>> All() =>
        _services.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Endpoints));

    /// <summary>Takes an event in; returns whether the slice changed.</summary>
    public bool Update(EndpointSlice slice, bool removed)
    {
        AddressType wanted = family == IPFamily.IPv4 ? AddressType.IPv4 : AddressType.IPv6;
        if (slice.AddressType != wanted || slice.ServiceKey is not { } service)
        {
            return false;
        }
        // The API server does not send these, and sends a deletion when one becomes one.
        removed |= slice.Metadata.Labels.ContainsKey(EndpointSlice.HeadlessLabel);
        if (!_services.TryGetValue(service, out ServiceSlices? slices))
        {
            _services.Add(service, slices = new ServiceSlices());
        }
        EndpointSlice? next = removed ? null : slice;
        bool known = slices.Pending.TryGetValue(slice.Metadata.Name, out EndpointSlice? last) ||
            slices.Applied.TryGetValue(slice.Metadata.Name, out last);
        if (known ? Equals(next, last) : removed)
        {
            return false;
        }
        slices.Pending[slice.Metadata.Name] = next;
        _pending.Add(service);
        return true;
    }

    /// <summary>Makes what waits the present; returns the Services concerned and whether UDP was among them.</summary>
    public (List<NamespacedName> Changed, bool TouchedUdp) Absorb()
    {
        var changed = new List<NamespacedName>(_pending);
        bool touchedUdp = false;
        foreach (NamespacedName service in changed)
        {
            ServiceSlices slices = _services[service];
            touchedUdp |= HasUdp(slices);
            foreach ((string name, EndpointSlice? slice) in slices.Pending)
            {
                if (slice is null)
                {
                    slices.Applied.Remove(name);
                }
                else
                {
                    slices.Applied[name] = slice;
                }
            }
            slices.Pending.Clear();
            slices.Endpoints = EndpointMap.Build(service, slices.Applied.Values, family, nodeName);
            touchedUdp |= HasUdp(slices);
        }
        _pending.Clear();
        return (changed, touchedUdp);
    }

    private static bool HasUdp(ServiceSlices slices) =>
        slices.Endpoints.Keys.Any(port => port.Protocol == TransportProtocol.Udp);

    private sealed class ServiceSlices
    {
        public SortedDictionary<string, EndpointSlice> Applied { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, EndpointSlice?> Pending { get; } = new(StringComparer.Ordinal);

        public Dictionary<ServicePortName, ValueList<EndpointInfo>> Endpoints { get; set; } = [];
    }
}
