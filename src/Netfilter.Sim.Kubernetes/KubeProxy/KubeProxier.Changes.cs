using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

public sealed partial class KubeProxier
{
    private readonly HashSet<string> _activeChains = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kernelChains = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _staleChains = new(StringComparer.Ordinal);
    private SharedRuleCounts _sharedTotal;
    private int _ownTotal;
    private int _totalEndpoints;
    private int _noLocalInternal;
    private int _noLocalExternal;

    /// <summary>Takes the waiting events into the service and endpoint maps, without writing rules.</summary>
    /// <remarks>The first part of a sync; the Services found changed stay due for the next
    /// <see cref="Sync"/>.</remarks>
    /// <returns>What changed.</returns>
    public ProxyChanges AbsorbChanges()
    {
        List<NamespacedName> services = _services.Absorb();
        (List<NamespacedName> sliced, bool touchedUdp) = _slices.Absorb();
        _conntrackCleanupRequired |= touchedUdp;
        var changed = new SortedSet<NamespacedName>(services.Concat(sliced), NameOrder.Instance);
        foreach (NamespacedName service in changed)
        {
            _changed.Add(service);
            UpdateEntries(service);
        }
        return new ProxyChanges(changed.ToValueList(), touchedUdp);
    }

    /// <summary>Tells the proxier which chains stand in the nat table, where that is not its doing alone: an earlier
    /// kube-proxy's, or chains that somebody removed. The next clean-up removes those that belong to Services and are not
    /// in use.</summary>
    /// <param name="chains">The names of all chains in nat; others than per-service ones are ignored.</param>
    /// <exception cref="ArgumentNullException"><paramref name="chains"/> is null.</exception>
    public void ObserveNatChains(params IEnumerable<string> chains)
    {
        ArgumentNullException.ThrowIfNull(chains);
        _kernelChains.Clear();
        _kernelChains.UnionWith(chains.Where(KubeChains.IsPerService));
        _staleChains.Clear();
        _staleChains.UnionWith(_kernelChains.Where(chain => !_activeChains.Contains(chain)));
    }

    // Replaces the service ports of one Service; everything that sums over service ports is kept up by differences.
    private void UpdateEntries(NamespacedName service)
    {
        _entries.TryGetValue(service, out List<ServicePortEntry>? before);
        var after = new List<ServicePortEntry>();
        if (_services.Applied.TryGetValue(service, out ValueList<ServicePortInfo> ports))
        {
            IReadOnlyDictionary<ServicePortName, ValueList<EndpointInfo>> endpoints = _slices.EndpointsOf(service);
            foreach (ServicePortInfo port in ports)
            {
                // A map: the last of a name stays.
                after.RemoveAll(entry => entry.Info.Name == port.Name);
                after.Add(new ServicePortEntry(_context, port, endpoints.GetValueOrDefault(port.Name), _zone));
            }
        }
        foreach (ServicePortEntry old in before ?? [])
        {
            Account(old, -1);
            Deactivate(old);
        }
        foreach (ServicePortEntry now in after)
        {
            Account(now, +1);
            Activate(now);
        }
        ReplaceInTable(before ?? [], after);
        if (after.Count > 0)
        {
            _entries[service] = after;
        }
        else
        {
            _entries.Remove(service);
        }
    }

    private void ReplaceInTable(List<ServicePortEntry> before, List<ServicePortEntry> after)
    {
        foreach (ServicePortEntry old in before)
        {
            if (!after.Exists(entry => entry.Info.Name == old.Info.Name))
            {
                Splice(old, null);
                _table.Remove(old);
            }
        }
        foreach (ServicePortEntry now in after)
        {
            Splice(before.Find(entry => entry.Info.Name == now.Info.Name), now);
            _table.Set(now);
        }
    }

    private void Account(ServicePortEntry entry, int sign)
    {
        _sharedTotal = sign > 0 ? _sharedTotal + entry.Shared : _sharedTotal - entry.Shared;
        _ownTotal += sign * entry.OwnRuleCount;
        _totalEndpoints += sign * entry.Endpoints.Count;
        _noLocalInternal += entry.Has && !entry.HasInternal ? sign : 0;
        _noLocalExternal += entry.Has && !entry.HasExternal ? sign : 0;
    }

    private void Activate(ServicePortEntry entry)
    {
        foreach (string chain in entry.OwnChains())
        {
            _activeChains.Add(chain);
            _staleChains.Remove(chain);
        }
    }

    private void Deactivate(ServicePortEntry entry)
    {
        foreach (string chain in entry.OwnChains())
        {
            _activeChains.Remove(chain);
            if (_kernelChains.Contains(chain))
            {
                _staleChains.Add(chain);
            }
        }
    }

    private sealed class NameOrder : IComparer<NamespacedName>
    {
        public static readonly NameOrder Instance = new();

        public int Compare(NamespacedName x, NamespacedName y)
        {
            int byNamespace = string.CompareOrdinal(x.Namespace, y.Namespace);
            return byNamespace != 0 ? byNamespace : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
