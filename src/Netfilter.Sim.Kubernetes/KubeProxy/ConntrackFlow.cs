using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What the conntrack clean-up looks at in an entry.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="OriginalDestination">The address the first packet was sent to.</param>
/// <param name="OriginalDestinationPort">The port the first packet was sent to.</param>
/// <param name="ReplySource">The address replies come from.</param>
/// <param name="ReplySourcePort">The port replies come from.</param>
public readonly record struct ConntrackFlow(
    TransportProtocol Protocol, string OriginalDestination, int OriginalDestinationPort, string ReplySource,
    int ReplySourcePort);
