using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads kube-proxy's configuration file.</summary>
internal static class KubeProxyConfigurationMapping
{
    public static KubeProxyConfiguration Read(ManifestField field)
    {
        ManifestField iptables = field["iptables"];
        return new KubeProxyConfiguration
        {
            Metadata = MetadataMapping.Read(field["metadata"], ""),
            Mode = field["mode"].Choice(
                "", ("iptables", "iptables"), ("ipvs", "ipvs"), ("nftables", "nftables")),
            BindAddress = field["bindAddress"].Address(),
            HostnameOverride = field["hostnameOverride"].Text(),
            ClusterCIDR = field["clusterCIDR"].Text(),
            DetectLocalMode = field["detectLocalMode"].Choice(
                "", ("ClusterCIDR", "ClusterCIDR"), ("NodeCIDR", "NodeCIDR"),
                ("BridgeInterface", "BridgeInterface"), ("InterfaceNamePrefix", "InterfaceNamePrefix")),
            BridgeInterface = field["detectLocal"]["bridgeInterface"].Text(),
            InterfaceNamePrefix = field["detectLocal"]["interfaceNamePrefix"].Text(),
            NodePortAddresses = field["nodePortAddresses"].TextList(),
            MasqueradeBit = iptables["masqueradeBit"].Int(0, 31, 14),
            MasqueradeAll = iptables["masqueradeAll"].Bool(false),
            LocalhostNodePorts = iptables["localhostNodePorts"].Bool(true),
            SyncPeriod = Duration(iptables["syncPeriod"], TimeSpan.FromSeconds(30)),
            MinSyncPeriod = Duration(iptables["minSyncPeriod"], TimeSpan.FromSeconds(1)),
            ConntrackTcpBeLiberal = field["conntrack"]["tcpBeLiberal"].Bool(false),
        };
    }

    // "0s" in a file printed by kube-proxy stands for the default.
    private static TimeSpan Duration(ManifestField field, TimeSpan absent)
    {
        if (field.TextOrNull() is not { Length: > 0 } text)
        {
            return absent;
        }
        if (GoDuration.TryParse(text, out TimeSpan value))
        {
            return value == TimeSpan.Zero ? absent : value;
        }
        field.Expected("a duration such as 30s");
        return absent;
    }
}
