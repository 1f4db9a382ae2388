namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>How kube-proxy tells traffic of this node's pods, with the value it goes by.</summary>
/// <remarks>pkg/proxy/util/localdetector.go.</remarks>
/// <param name="Mode">The way.</param>
/// <param name="Value">The network, the bridge or the prefix; empty without detection.</param>
public sealed record LocalDetection(LocalDetectionMode Mode, string Value)
{
    /// <summary>No detection.</summary>
    public static LocalDetection None { get; } = new(LocalDetectionMode.None, "");

    /// <summary>Whether local traffic can be told.</summary>
    public bool IsImplemented => Mode != LocalDetectionMode.None && Value.Length > 0;

    /// <summary>The condition of local traffic; empty without detection.</summary>
    public string LocalMatch => !IsImplemented ? "" : Mode switch
    {
        LocalDetectionMode.BridgeInterface => "-i " + Value,
        LocalDetectionMode.InterfaceNamePrefix => "-i " + Value + "+",
        _ => "-s " + Value,
    };

    /// <summary>The condition of other traffic; empty without detection.</summary>
    public string NotLocalMatch => IsImplemented ? "! " + LocalMatch : "";
}
