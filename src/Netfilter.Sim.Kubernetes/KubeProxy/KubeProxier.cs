using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>kube-proxy in iptables mode, on one node, for one family.</summary>
/// <remarks>Behaviour of Kubernetes v1.36 (pkg/proxy/iptables/proxier.go). Events are taken with
/// <see cref="Apply(Service)"/> and its kin and wait until <see cref="Sync"/>, which says what iptables-restore is
/// given. Not safe for concurrent use.</remarks>
public sealed partial class KubeProxier
{
    private static readonly TimeSpan FullSyncPeriod = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;
    private readonly ServiceTracker _services;
    private readonly EndpointSliceTracker _slices;
    private readonly ServicePortTable _table = new();
    private readonly Dictionary<NamespacedName, List<ServicePortEntry>> _entries = [];
    private readonly HashSet<NamespacedName> _changed = [];
    private readonly List<ChainSplice> _splices = [];
    private ProxierContext _context;
    private string? _zone;
    private bool _conntrackCleanupRequired;
    private bool _needsFullSync = true;
    private bool _zoneChanged;

    /// <summary>Makes a proxier that has written nothing yet.</summary>
    /// <param name="settings">Its configuration and host.</param>
    /// <param name="time">The clock.</param>
    /// <param name="node">Its Node object, for the zone; null when not known.</param>
    /// <exception cref="ArgumentNullException"><paramref name="settings"/> or <paramref name="time"/> is
    /// null.</exception>
    public KubeProxier(KubeProxierSettings settings, TimeProvider time, Node? node = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _context = new ProxierContext(settings);
        _services = new ServiceTracker(settings.Family);
        _slices = new EndpointSliceTracker(settings.Family, settings.NodeName);
        _zone = node?.Zone;
    }

    /// <summary>The configuration and host.</summary>
    public KubeProxierSettings Settings => _context.Settings;

    /// <summary>When the last full sync succeeded; null before the first.</summary>
    public DateTimeOffset? LastFullSync { get; private set; }

    /// <summary>When stale chains were last looked for; null before the first sync.</summary>
    public DateTimeOffset? LastChainCleanup { get; private set; }

    /// <summary>Whether the last sync found a large cluster.</summary>
    public bool IsLargeCluster { get; private set; }

    /// <summary>Whether the next sync will be full, as far as is known now.</summary>
    public bool NeedsFullSync => _needsFullSync || IsFullSyncDue();

    /// <summary>Whether events wait for a sync.</summary>
    public bool HasPendingChanges =>
        _services.HasPending || _slices.HasPending || _changed.Count > 0 || _zoneChanged;

    /// <summary>Takes in a Service that was added or updated.</summary>
    /// <param name="service">The Service as it is now.</param>
    /// <returns>Whether a sync is to be asked for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="service"/> is null.</exception>
    public bool Apply(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return _services.Update(service, removed: false);
    }

    /// <summary>Takes in a Service that was deleted.</summary>
    /// <param name="service">The Service as it last was.</param>
    /// <returns>Whether a sync is to be asked for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="service"/> is null.</exception>
    public bool Remove(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return _services.Update(service, removed: true);
    }

    /// <summary>Takes in a slice that was added or updated.</summary>
    /// <param name="slice">The slice as it is now.</param>
    /// <returns>Whether a sync is to be asked for: whether the slice is for this family and differs in
    /// anything.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="slice"/> is null.</exception>
    public bool Apply(EndpointSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        return _slices.Update(slice, removed: false);
    }

    /// <summary>Takes in a slice that was deleted.</summary>
    /// <param name="slice">The slice as it last was.</param>
    /// <returns>Whether a sync is to be asked for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="slice"/> is null.</exception>
    public bool Remove(EndpointSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        return _slices.Update(slice, removed: true);
    }

    /// <summary>Takes in a Node; only the own node's zone matters, and a change of it makes the next sync
    /// full.</summary>
    /// <param name="node">The node as it is now.</param>
    /// <returns>Whether a sync is to be asked for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="node"/> is null.</exception>
    public bool Apply(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Metadata.Name != Settings.NodeName || node.Zone == _zone)
        {
            return false;
        }
        _zone = node.Zone;
        _zoneChanged = true;
        RebuildEntries();
        return true;
    }

    /// <summary>Makes the next sync full, as a lost canary chain does.</summary>
    public void ForceFullSync() => _needsFullSync = true;

    /// <summary>Changes the settings; the next sync is full.</summary>
    /// <param name="settings">The new settings, of the same family and node.</param>
    /// <exception cref="ArgumentException">Family or node differ.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="settings"/> is null.</exception>
    public void Reconfigure(KubeProxierSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Family != Settings.Family || settings.NodeName != Settings.NodeName)
        {
            throw new ArgumentException("A proxier keeps its family and node.", nameof(settings));
        }
        _context = new ProxierContext(settings);
        RebuildEntries();
    }

    private bool IsFullSyncDue() =>
        !IsLargeCluster && (LastFullSync is not { } last || _time.GetUtcNow() - last > FullSyncPeriod);

    private void RebuildEntries()
    {
        _needsFullSync = true;
        foreach (NamespacedName service in _entries.Keys.ToArray())
        {
            UpdateEntries(service);
        }
    }
}
