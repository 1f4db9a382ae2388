using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>kube-proxy of one node and family at work: syncs by its schedule, its rules in the node's namespace.</summary>
internal sealed class NodeProxy
{
    private const byte Udp = 17;

    private readonly NodeTables _tables;
    private readonly SyncSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly TimeSpan _canaryPeriod;
    private DateTimeOffset _nextCanaryCheck;

    public NodeProxy(KubeProxier proxier, NetworkNamespace host, KubeProxyConfiguration configuration, TimeProvider time)
    {
        (Proxier, _time) = (proxier, time);
        _tables = new NodeTables(host, proxier.Settings.Family);
        _schedule = new SyncSchedule(time.GetUtcNow(), configuration.MinSyncPeriod, configuration.SyncPeriod);
        _schedule.Request(time.GetUtcNow());
        _canaryPeriod = configuration.SyncPeriod;
        MakeCanaries();
    }

    public KubeProxier Proxier { get; }

    public ProxySync? LastSync { get; private set; }

    public int SyncCount { get; private set; }

    /// <summary>When it has something to do next.</summary>
    public DateTimeOffset NextRun => _schedule.NextRun < _nextCanaryCheck ? _schedule.NextRun : _nextCanaryCheck;

    /// <summary>Whether changes wait for a sync.</summary>
    public bool IsWaiting => Proxier.HasPendingChanges || SyncCount == 0;

    /// <summary>When changes that wait will be synced.</summary>
    public DateTimeOffset NextSync => _schedule.NextRun;

    /// <summary>Asks for a sync when there are changes.</summary>
    public void Notice()
    {
        if (Proxier.HasPendingChanges)
        {
            _schedule.Request(_time.GetUtcNow());
        }
    }

    /// <summary>Does what is due.</summary>
    public void Run()
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now >= _nextCanaryCheck)
        {
            CheckCanaries(now);
        }
        if (now >= _schedule.NextRun)
        {
            Sync(now);
        }
    }

    private void Sync(DateTimeOffset now)
    {
        _schedule.Begin();
        ProxySync sync = Proxier.Sync(payload => !payload.IsFull || _tables.Restore(payload));
        bool succeeded = sync.Succeeded && Put(sync);
        SyncCount++;
        LastSync = sync;
        if (succeeded && sync.ConntrackCleanup is { } cleanup)
        {
            _tables.Host.DeleteConnections(entry => entry.Original.Protocol == Udp && cleanup.ShouldDelete(FlowOf(entry)));
        }
        _schedule.End(now, succeeded);
    }

    private bool Put(ProxySync sync)
    {
        if (sync.IsFull)
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
            // Somebody else changed the rules: what kube-proxy's restore would meet, too.
            Proxier.ForceFullSync();
            return false;
        }
    }

    // pkg/util/iptables/monitor.go: a canary chain that is gone says that somebody flushed the rules.
    private void CheckCanaries(DateTimeOffset now)
    {
        _nextCanaryCheck = now + _canaryPeriod;
        if (MakeCanaries())
        {
            Proxier.ForceFullSync();
            _schedule.Request(now);
        }
    }

    private bool MakeCanaries()
    {
        IptablesShell shell = new(_tables.Host);
        string program = Proxier.Settings.Family == IPFamily.IPv4 ? "iptables" : "ip6tables";
        _nextCanaryCheck = _time.GetUtcNow() + _canaryPeriod;
        bool wasMissing = false;
        foreach (string table in (ReadOnlySpan<string>)["mangle", "nat", "filter"])
        {
            wasMissing |= shell.Execute([program, "-t", table, "-N", KubeChains.Canary]).ExitCode == 0;
        }
        return wasMissing;
    }

    private static ConntrackFlow FlowOf(ConntrackEntry entry) => new(
        TransportProtocol.Udp,
        entry.Original.Destination.ToString(),
        entry.Original.DestinationPort,
        entry.Reply.Source.ToString(),
        entry.Reply.SourcePort);
}
