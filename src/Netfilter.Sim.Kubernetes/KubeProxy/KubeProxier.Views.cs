using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

public sealed partial class KubeProxier
{
    /// <summary>The service ports as of the last sync or <see cref="AbsorbChanges"/>, in the order of their
    /// rules.</summary>
    public IEnumerable<ServicePortInfo> ServicePorts => _table.Entries().Select(entry => entry.Info);

    /// <summary>The endpoints of every service port that has some, whether or not its Service exists.</summary>
    public IReadOnlyDictionary<ServicePortName, ValueList<EndpointInfo>> Endpoints =>
        _slices.All().SelectMany(service => service.Value).ToDictionary(pair => pair.Key, pair => pair.Value);

    /// <summary>The health-check node ports there are.</summary>
    public IReadOnlyDictionary<NamespacedName, int> HealthCheckNodePorts
    {
        get
        {
            var ports = new Dictionary<NamespacedName, int>();
            foreach (ServicePortInfo info in ServicePorts)
            {
                if (info.HealthCheckNodePort != 0)
                {
                    ports[info.Name.Service] = info.HealthCheckNodePort;
                }
            }
            return ports;
        }
    }

    /// <summary>How many different addresses of this node are ready for each Service that has any; a health check of
    /// the Service answers 200 while there is one.</summary>
    public IReadOnlyDictionary<NamespacedName, int> LocalReadyEndpoints
    {
        get
        {
            var counts = new Dictionary<NamespacedName, int>();
            foreach ((NamespacedName service, var ports) in _slices.All())
            {
                int count = ports.Values.SelectMany(list => list.AsEnumerable())
                    .Where(endpoint => endpoint.IsLocal && endpoint.IsReady)
                    .Select(endpoint => endpoint.Address).Distinct(StringComparer.Ordinal).Count();
                if (count > 0)
                {
                    counts.Add(service, count);
                }
            }
            return counts;
        }
    }

    /// <summary>The endpoints a service port uses on this node, or null when there is no such service port.</summary>
    /// <param name="port">The service port.</param>
    public EndpointSelection? SelectionOf(ServicePortName port) =>
        _entries.GetValueOrDefault(port.Service)?.Find(entry => entry.Info.Name == port)?.Selection;

    /// <summary>What a full sync would write for the present maps, without syncing or changing anything.</summary>
    public RestorePayload CreateFullPayload() =>
        new(_context, _table.Snapshot(), null, [], _totalEndpoints <= Settings.LargeClusterEndpointsThreshold);

    /// <summary>The conntrack clean-up that fits the present service and endpoint maps.</summary>
    public ConntrackCleanup CreateConntrackCleanup() => new(Settings.Family, _table.Entries());
}
