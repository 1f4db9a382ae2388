using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What kube-proxy reads from its Node object at start.</summary>
internal static class NodeFacts
{
    public static IEnumerable<string> InternalAddresses(Node node) =>
        from address in node.Addresses.AsEnumerable()
        where address.Type == "InternalIP"
        select address.Address;

    public static string? AddressOf(Node node, IPFamily family) =>
        FirstOf(InternalAddresses(node), family) ??
        FirstOf(node.Addresses.AsEnumerable().Where(a => a.Type == "ExternalIP").Select(a => a.Address), family);

    public static LocalDetection LocalDetection(KubeProxyConfiguration configuration, Node node, IPFamily family)
    {
        switch (configuration.DetectLocalMode)
        {
            case "BridgeInterface":
                return new(LocalDetectionMode.BridgeInterface, configuration.BridgeInterface);
            case "InterfaceNamePrefix":
                return new(LocalDetectionMode.InterfaceNamePrefix, configuration.InterfaceNamePrefix);
            case "NodeCIDR":
                return Network(LocalDetectionMode.NodeCIDR, node.PodCIDRs, family);
            default:
                string[] networks = configuration.ClusterCIDR.Split(
                    ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                return Network(LocalDetectionMode.ClusterCIDR, networks, family);
        }
    }

    // "primary" stands for the node's own addresses, each as a network of one.
    public static ValueList<string> NodePortNetworks(KubeProxyConfiguration configuration, Node node)
    {
        if (configuration.NodePortAddresses is not ["primary"])
        {
            return configuration.NodePortAddresses;
        }
        var networks = new List<string>();
        foreach (IPFamily family in (ReadOnlySpan<IPFamily>)[IPFamily.IPv4, IPFamily.IPv6])
        {
            if (AddressOf(node, family) is { } text && KubeAddress.TryParse(text, out KubeAddress address) &&
                !address.IsLoopback)
            {
                networks.Add(new KubePrefix(address, address.Width).ToString());
            }
        }
        return networks.ToValueList();
    }

    private static LocalDetection Network(LocalDetectionMode mode, IEnumerable<string> networks, IPFamily family)
    {
        foreach (string network in networks)
        {
            if (KubePrefix.TryParse(network, out KubePrefix prefix) && prefix.Family == family)
            {
                return new LocalDetection(mode, prefix.ToString());
            }
        }
        return KubeProxy.LocalDetection.None;
    }

    private static string? FirstOf(IEnumerable<string> texts, IPFamily family)
    {
        foreach (string text in texts)
        {
            if (KubeAddress.TryParse(text, out KubeAddress address) && address.Family == family)
            {
                return address.ToString();
            }
        }
        return null;
    }
}
