using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Decides which UDP connections lead to endpoints that are gone.</summary>
/// <remarks>pkg/proxy/conntrack/cleanup.go CleanStaleEntries. UDP has no end, so a client that keeps sending would keep
/// its dead endpoint for ever; TCP finds out by itself.</remarks>
public sealed class ConntrackCleanup
{
    private readonly Dictionary<string, HashSet<string>> _frontends = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<string>> _nodePorts = [];

    private readonly IPFamily _family;

    internal ConntrackCleanup(IPFamily family, IEnumerable<ServicePortEntry> entries)
    {
        _family = family;
        foreach (ServicePortEntry entry in entries)
        {
            if (entry.Info.Name.Protocol == TransportProtocol.Udp)
            {
                Add(entry);
            }
        }
    }

    /// <summary>Whether an entry must go.</summary>
    /// <param name="flow">The entry; those of the other family are its own proxier's.</param>
    /// <returns>True when it came for a Service and is answered by what no longer serves that Service.</returns>
    public bool ShouldDelete(ConntrackFlow flow)
    {
        if (flow.Protocol != TransportProtocol.Udp ||
            !KubeAddress.TryParse(flow.OriginalDestination, out KubeAddress destination) ||
            destination.Family != _family || !KubeAddress.TryParse(flow.ReplySource, out KubeAddress source))
        {
            return false;
        }
        string answeredBy = source.WithPort(flow.ReplySourcePort);
        string sentTo = destination.WithPort(flow.OriginalDestinationPort);
        return (_frontends.TryGetValue(sentTo, out HashSet<string>? serving) && !serving.Contains(answeredBy)) ||
            (_nodePorts.TryGetValue(flow.OriginalDestinationPort, out serving) && !serving.Contains(answeredBy));
    }

    // Without serving endpoints the packets meet a REJECT rule, which ends the connection anyway.
    private void Add(ServicePortEntry entry)
    {
        var serving = new HashSet<string>(StringComparer.Ordinal);
        foreach (EndpointInfo endpoint in entry.Endpoints)
        {
            if (endpoint.IsServing)
            {
                serving.Add(endpoint.Text);
            }
        }
        if (serving.Count == 0)
        {
            return;
        }
        ServicePortInfo info = entry.Info;
        foreach (string address in info.LoadBalancerVIPs.Concat(info.ExternalIPs).Prepend(info.ClusterIP))
        {
            if (KubeAddress.TryParse(address, out KubeAddress frontend))
            {
                _frontends[frontend.WithPort(info.Port)] = serving;
            }
        }
        if (info.NodePort != 0)
        {
            _nodePorts[info.NodePort] = serving;
        }
    }
}
