namespace Netfilter.Sim.Kubernetes.KubeProxy;

public sealed partial class KubeProxier
{
    /// <summary>Writes the rules: all of them, or those of the Services that changed.</summary>
    /// <param name="restore">Applies the payload and says whether that worked; null means that it did. When it did not,
    /// the filter half stands (it is committed first), the nat half does not, and the next sync is full.</param>
    /// <returns>What was written, counted and decided.</returns>
    public ProxySync Sync(Func<RestorePayload, bool>? restore = null)
    {
        bool isFull = NeedsFullSync;
        // Splices are noted only while the next sync is to be partial; one that turns out full needs none.
        _needsFullSync = isFull;
        AbsorbChanges();
        IsLargeCluster = _totalEndpoints > Settings.LargeClusterEndpointsThreshold;
        DateTimeOffset now = _time.GetUtcNow();
        bool cleansChains = !IsLargeCluster || LastChainCleanup is not { } last || now - last > Settings.SyncPeriod;
        ServicePortEntry[]? written = isFull ? null : ChangedEntries();
        string[] stale = cleansChains ? [.. _staleChains] : [];
        bool withComments = !IsLargeCluster;
        var payload = new RestorePayload(_context, _table.Snapshot(), written, stale, withComments);
        if (cleansChains)
        {
            LastChainCleanup = now;
        }
        bool succeeded = restore?.Invoke(payload) ?? true;
        ProxierContext context = _context;
        ChainSplice[] splices = [.. _splices];
        var sync = new ProxySync(payload, () => written is null
            ? throw new InvalidOperationException("A full sync has no edits; load its payload.")
            : MakeEdits(context, written, splices, stale, withComments))
        {
            IsLargeCluster = IsLargeCluster,
            Succeeded = succeeded,
            Counts = Count(written),
            ConntrackCleanup = succeeded && _conntrackCleanupRequired ? CreateConntrackCleanup() : null,
        };
        Settle(succeeded, isFull, now, written, stale);
        return sync;
    }

    private void Settle(bool succeeded, bool isFull, DateTimeOffset now, ServicePortEntry[]? written, string[] stale)
    {
        _changed.Clear();
        _splices.Clear();
        _conntrackCleanupRequired = false;
        _zoneChanged = false;
        _needsFullSync = !succeeded;
        if (!succeeded)
        {
            return;
        }
        LastFullSync = isFull ? now : LastFullSync;
        if (isFull)
        {
            _kernelChains.UnionWith(_activeChains);
        }
        foreach (ServicePortEntry entry in written ?? [])
        {
            _kernelChains.UnionWith(entry.OwnChains());
        }
        foreach (string chain in stale)
        {
            _kernelChains.Remove(chain);
            _staleChains.Remove(chain);
        }
    }

    private ServicePortEntry[] ChangedEntries()
    {
        var changed = new List<ServicePortEntry>();
        foreach (Objects.NamespacedName service in _changed)
        {
            if (_entries.TryGetValue(service, out List<ServicePortEntry>? entries))
            {
                changed.AddRange(entries);
            }
        }
        changed.Sort(ServicePortTable.Compare);
        return [.. changed];
    }

    private ProxyRuleCounts Count(ServicePortEntry[]? written)
    {
        int fixedNat = FixedRules.NatCount(_context) + _sharedTotal.Nat;
        return new ProxyRuleCounts(
            FilterRules: FixedRules.FilterCount(_context) + _sharedTotal.Filter,
            NatRulesLastSync: fixedNat + (written?.Sum(entry => entry.OwnRuleCount) ?? _ownTotal),
            NatRulesTotal: fixedNat + _ownTotal,
            TotalEndpoints: _totalEndpoints,
            NoLocalEndpointsInternal: _noLocalInternal,
            NoLocalEndpointsExternal: _noLocalExternal);
    }
}
