using System.Globalization;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What one proxier (a node, a family) is told at start: configuration and facts of the host.</summary>
public sealed record KubeProxierSettings
{
    /// <summary>The counter of packets dropped as invalid.</summary>
    public const string InvalidDroppedCounter = "ct_state_invalid_dropped_pkts";

    /// <summary>The counter of node-port connections by way of the loopback address.</summary>
    public const string LocalhostNodePortCounter = "localhost_nps_accepted_pkts";

    /// <summary>The family.</summary>
    public IPFamily Family { get; init; }

    /// <summary>The node's name; endpoints with this node name are local.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The node's address of the family; empty means unknown, which counts as loopback.</summary>
    public string NodeIP { get; init; } = "";

    /// <summary>The addresses of all interfaces, with or without prefix length.</summary>
    public ValueList<string> InterfaceAddresses { get; init; }

    /// <summary>How local traffic is told.</summary>
    public LocalDetection LocalDetection { get; init; } = LocalDetection.None;

    /// <summary>Whether all traffic to cluster IPs is masqueraded.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>The bit of the mark that asks for masquerading, 0 to 31.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>The text of the mark where it is not <c>0x</c> and eight digits; null is the usual.</summary>
    public string? MasqueradeMarkText { get; init; }

    /// <summary>Whether node ports answer on 127.0.0.1, as configured; addresses and family decide too.</summary>
    public bool LocalhostNodePorts { get; init; } = true;

    /// <summary>The networks whose addresses accept node ports; empty means all.</summary>
    public ValueList<string> NodePortAddresses { get; init; }

    /// <summary>Whether iptables knows <c>--random-fully</c> (1.6.2 and later).</summary>
    public bool HasRandomFully { get; init; } = true;

    /// <summary>Whether the sysctl nf_conntrack_tcp_be_liberal was set at start.</summary>
    public bool ConntrackTcpBeLiberal { get; init; }

    /// <summary>The names of the accounting objects that exist.</summary>
    public ValueList<string> NfacctCounters { get; init; }

    /// <summary>How many endpoints may be before comments are left out and stale chains wait.</summary>
    public int LargeClusterEndpointsThreshold { get; init; } = 1000;

    /// <summary>The time between retries and, in a large cluster, between removals of stale chains.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether node hints count (releases from 1.34 on).</summary>
    public bool UseNodeHints { get; init; } = true;

    /// <summary>The mark as rules print it.</summary>
    public string MasqueradeMark =>
        MasqueradeMarkText ?? string.Create(CultureInfo.InvariantCulture, $"0x{1u << MasqueradeBit:x8}");

    /// <summary>Whether node ports really answer on 127.0.0.1.</summary>
    public bool LocalhostNodePortsEnabled => LocalhostNodePorts && Family == IPFamily.IPv4 &&
        new NodePortAddresses(Family, NodePortAddresses).ContainsIPv4Loopback;

    /// <summary>What kube-proxy makes of its configuration file on a node.</summary>
    /// <param name="configuration">The file.</param>
    /// <param name="node">The node, with its addresses and pod networks.</param>
    /// <param name="family">The family.</param>
    /// <param name="interfaceAddresses">The addresses of the node's interfaces; none means those of the node
    /// object.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <remarks>cmd/kube-proxy/app/server_linux.go.</remarks>
    public static KubeProxierSettings From(
        KubeProxyConfiguration configuration, Node node, IPFamily family, params IEnumerable<string> interfaceAddresses)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(node);
        ValueList<string> addresses = interfaceAddresses.ToValueList();
        if (addresses.Count == 0)
        {
            addresses = NodeFacts.InternalAddresses(node).Append("127.0.0.1/8").Append("::1/128").ToValueList();
        }
        return new KubeProxierSettings
        {
            Family = family,
            NodeName = configuration.HostnameOverride is { Length: > 0 } name ? name : node.Metadata.Name,
            NodeIP = NodeFacts.AddressOf(node, family) ?? "",
            InterfaceAddresses = addresses,
            LocalDetection = NodeFacts.LocalDetection(configuration, node, family),
            MasqueradeAll = configuration.MasqueradeAll,
            MasqueradeBit = configuration.MasqueradeBit,
            LocalhostNodePorts = configuration.LocalhostNodePorts,
            NodePortAddresses = NodeFacts.NodePortNetworks(configuration, node),
            ConntrackTcpBeLiberal = configuration.ConntrackTcpBeLiberal,
            SyncPeriod = configuration.SyncPeriod,
        };
    }
}
