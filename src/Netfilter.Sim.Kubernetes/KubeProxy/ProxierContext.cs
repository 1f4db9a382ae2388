using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What every rule of a proxier depends on, worked out once from its settings.</summary>
internal sealed class ProxierContext
{
    private readonly KubeAddress _nodeAddress;

    public ProxierContext(KubeProxierSettings settings)
    {
        Settings = settings;
        Mark = settings.MasqueradeMark;
        LocalhostNodePorts = settings.LocalhostNodePortsEnabled;
        CountLocalhostNodePorts = LocalhostNodePorts &&
            settings.NfacctCounters.AsSpan().Contains(KubeProxierSettings.LocalhostNodePortCounter);
        CountInvalid = settings.NfacctCounters.AsSpan().Contains(KubeProxierSettings.InvalidDroppedCounter);
        DetectsLocal = settings.LocalDetection.IsImplemented;
        if (!KubeAddress.TryParse(settings.NodeIP, out _nodeAddress))
        {
            _nodeAddress = settings.Family == IPFamily.IPv4 ? new(IPFamily.IPv4, 0x7f000001) : new(IPFamily.IPv6, 1);
        }
        NodePortJumps = [.. FixedRules.NodePortJumps(this)];
    }

    public KubeProxierSettings Settings { get; }

    public string Mark { get; }

    public bool LocalhostNodePorts { get; }

    public bool CountLocalhostNodePorts { get; }

    public bool CountInvalid { get; }

    public bool DetectsLocal { get; }

    public string[] NodePortJumps { get; }

    public bool NodeIsIn(ValueList<string> ranges)
    {
        foreach (string range in ranges)
        {
            if (KubePrefix.TryParse(range, out KubePrefix prefix) && prefix.Contains(_nodeAddress))
            {
                return true;
            }
        }
        return false;
    }
}
