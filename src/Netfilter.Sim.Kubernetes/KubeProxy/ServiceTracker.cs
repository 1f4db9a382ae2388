using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Remembers which Services differ from what the last sync saw.</summary>
/// <remarks>pkg/proxy/servicechangetracker.go: a Service that changed and changed back is no change.</remarks>
internal sealed class ServiceTracker(IPFamily family)
{
    private readonly Dictionary<NamespacedName, ValueList<ServicePortInfo>> _applied = [];
    private readonly Dictionary<NamespacedName, ValueList<ServicePortInfo>> _pending = [];

    public bool HasPending => _pending.Count > 0;

    public IReadOnlyDictionary<NamespacedName, ValueList<ServicePortInfo>> Applied => _applied;

    /// <summary>Takes an event in; returns whether any Service now waits for a sync.</summary>
    public bool Update(Service service, bool removed)
    {
        ValueList<ServicePortInfo> ports = removed ? default : ServicePortInfo.FromService(service, family);
        if (AreSame(_applied.GetValueOrDefault(service.Key), ports))
        {
            _pending.Remove(service.Key);
        }
        else
        {
            _pending[service.Key] = ports;
        }
        return HasPending;
    }

    // kube-proxy keeps the ports in a map: their order is no difference.
    private static bool AreSame(ValueList<ServicePortInfo> a, ValueList<ServicePortInfo> b) =>
        a == b || (a.Count == b.Count && a.AsEnumerable().ToHashSet().SetEquals(b));

    /// <summary>Makes what waits the present; returns the Services concerned.</summary>
    public List<NamespacedName> Absorb()
    {
        var changed = new List<NamespacedName>(_pending.Count);
        foreach ((NamespacedName key, ValueList<ServicePortInfo> ports) in _pending)
        {
            changed.Add(key);
            if (ports.Count == 0)
            {
                _applied.Remove(key);
            }
            else
            {
                _applied[key] = ports;
            }
        }
        _pending.Clear();
        return changed;
    }
}
