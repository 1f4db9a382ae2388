using System.Globalization;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary>A node with a kube-proxy that knows many Services of three endpoints each, and nothing else in its tables.</summary>
internal sealed class ProxiedNode
{
    private const int EndpointsPerService = 3;

    private readonly NetworkNamespace _host = new("node");
    private readonly NodeTables _tables;
    private readonly KubeProxier _proxier;
    private readonly int _services;
    private int _changes;

    public ProxiedNode(int services)
    {
        _services = services;
        _tables = new NodeTables(_host, IPFamily.IPv4);
        _proxier = new KubeProxier(
            new KubeProxierSettings
            {
                NodeName = "node-1",
                NodeIP = "192.168.0.2",
                LocalDetection = new LocalDetection(LocalDetectionMode.ClusterCIDR, "10.128.0.0/10"),
            },
            new ManualTimeProvider());
        for (int i = 0; i < services; i++)
        {
            _proxier.Apply(ServiceAt(i));
            _proxier.Apply(SliceAt(i, 0));
        }
    }

    /// <summary>Rules that the last sync left in the tables, the jumps to kube-proxy's chains aside.</summary>
    public int RuleCount { get; private set; }

    /// <summary>Writes everything anew and restores it.</summary>
    public void SyncFully()
    {
        _proxier.ForceFullSync();
        Restore();
    }

    /// <summary>One endpoint of one Service moves; no rule follows yet.</summary>
    public void MoveEndpoint() => _proxier.Apply(SliceAt((int)((uint)(++_changes * 7919) % (uint)_services), _changes));

    /// <summary>Syncs the change as an edit of the node's tables.</summary>
    public void SyncByEdit() => _tables.Apply(_proxier.Sync().Edits);

    /// <summary>Syncs the change as kube-proxy does: a payload's text through iptables-restore.</summary>
    public void SyncByText() => Restore();

    private void Restore()
    {
        ProxySync sync = _proxier.Sync(_tables.Restore);
        if (!sync.Succeeded)
        {
            throw new InvalidOperationException(_tables.LastError);
        }
        RuleCount = sync.Counts.FilterRules + sync.Counts.NatRulesTotal;
    }

    private static Service ServiceAt(int index) => new()
    {
        Metadata = new ObjectMeta { Name = Name(index), Namespace = "default" },
        Spec = new ServiceSpec
        {
            ClusterIP = string.Create(CultureInfo.InvariantCulture, $"10.96.{(index + 10) / 256}.{(index + 10) % 256}"),
            Ports = [new ServicePort { Name = "http", Port = 80 }],
        },
    };

    // The first endpoint has a new address at every generation.
    private static EndpointSlice SliceAt(int index, int generation) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = Name(index) + "-1",
            Namespace = "default",
            Labels = ValueMap.Of(EndpointSlice.ServiceNameLabel, Name(index)),
        },
        Ports = [new EndpointPort { Name = "http", Port = 8080 }],
        Endpoints = Enumerable.Range(0, EndpointsPerService)
            .Select(number => new Endpoint { Addresses = [AddressOf((index * EndpointsPerService) + number, number == 0 ? generation : 0)] })
            .ToValueList(),
    };

    private static string AddressOf(int number, int generation) => string.Create(
        CultureInfo.InvariantCulture, $"10.{128 + (generation % 60)}.{number / 250}.{(number % 250) + 1}");

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"svc-{index}");
}
