using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>kube-proxy of one node and family at work: syncs by its schedule, its rules in the node's namespace.</summary>
internal sealed class NodeProxy
{
    private const byte Udp = 17;

    private readonly NodeTables _tables;
    private readonly SyncSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly FlushMonitor _monitor;
    private readonly DateTimeOffset _start;

    public NodeProxy(KubeProxier proxier, NetworkNamespace host, KubeProxyConfiguration configuration, TimeProvider time)
    {
        (Proxier, _time) = (proxier, time);
        _tables = new NodeTables(host, proxier.Settings.Family);
        _schedule = new SyncSchedule(time.GetUtcNow(), configuration.MinSyncPeriod, configuration.SyncPeriod);
        _start = time.GetUtcNow();
        _monitor = new FlushMonitor(host, proxier.Settings.Family, configuration.SyncPeriod, _start);
    }

    public KubeProxier Proxier { get; }

    public ProxySync? LastSync { get; private set; }

    public int SyncCount { get; private set; }

    /// <summary>When it has something to do next.</summary>
    public DateTimeOffset NextRun => NextSync < _monitor.NextCheck ? NextSync : _monitor.NextCheck;

    /// <summary>Whether changes wait for a sync.</summary>
    public bool IsWaiting => Proxier.HasPendingChanges || SyncCount == 0;

    /// <summary>When changes that wait will be synced.</summary>
    public DateTimeOffset NextSync => SyncCount == 0 ? _start : _schedule.NextRun;

    /// <summary>Asks for a sync when there are changes; the first comes without being asked for.</summary>
    public void Notice()
    {
        if (SyncCount > 0 && Proxier.HasPendingChanges)
        {
            _schedule.Request(_time.GetUtcNow());
        }
    }

    /// <summary>Does what is due.</summary>
    public void Run()
    {
        DateTimeOffset now = _time.GetUtcNow();
        bool isFirst = SyncCount == 0;
        bool wasFlushed = now >= _monitor.NextCheck && _monitor.Check(now);
        if (wasFlushed)
        {
            Proxier.ForceFullSync();
        }
        // The first sync, and one after a flush, are not the schedule's.
        if ((isFirst || wasFlushed) && !Sync())
        {
            _schedule.End(now, succeeded: false);
        }
        if (!isFirst && now >= _schedule.NextRun)
        {
            _schedule.Begin();
            _schedule.End(now, Sync());
        }
    }

    private bool Sync()
    {
        // Where somebody else was at the tables, kube-proxy reads them and repairs what its payload names.
        bool isAsLeft = _tables.IsAsLeft;
        if (!isAsLeft)
        {
            Proxier.ObserveNatChains(_tables.NatChains);
        }
        ProxySync sync = Proxier.Sync(payload => (isAsLeft && !payload.IsFull) || _tables.Restore(payload));
        bool succeeded = sync.Succeeded && Put(sync, isAsLeft);
        SyncCount++;
        LastSync = sync;
        if (succeeded && sync.ConntrackCleanup is { } cleanup)
        {
            _tables.Host.DeleteConnections(entry => entry.Original.Protocol == Udp && cleanup.ShouldDelete(FlowOf(entry)));
        }
        return succeeded;
    }

    private bool Put(ProxySync sync, bool isAsLeft)
    {
        if (sync.IsFull || !isAsLeft)
        {
            _tables.Attribute(sync.Payload);
            return true;
        }
        try
        {
            _tables.Apply(sync.Edits);
            return true;
        }
        catch (RulesetLoadException)
        {
            // What kube-proxy's restore would meet, too.
            Proxier.ForceFullSync();
            return false;
        }
    }

    private static ConntrackFlow FlowOf(ConntrackEntry entry) => new(
        TransportProtocol.Udp,
        entry.Original.Destination.ToString(),
        entry.Original.DestinationPort,
        entry.Reply.Source.ToString(),
        entry.Reply.SourcePort);
}
