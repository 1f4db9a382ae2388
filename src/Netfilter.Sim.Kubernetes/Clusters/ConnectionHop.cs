using System.Collections.Immutable;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>A host's part in a connection.</summary>
/// <param name="Host">The host.</param>
/// <param name="Device">The interface the packet came in by; null where it began.</param>
/// <param name="Packet">The packet as it came.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Because">kube-proxy's rules that did something, in order.</param>
public sealed record ConnectionHop(string Host, string? Device, Packet Packet, Fate Fate, ImmutableArray<KubeProxy.RuleOrigin> Because)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        string way = Device is null ? Host : $"{Host}, in by {Device}";
        string because = Because.IsEmpty ? "" : $" [{string.Join("; ", Because.Select(ReasonWords.Of))}]";
        return $"{way}: {Packet}{because} => {Fate}";
    }
}
