using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Links;

/// <summary>One host on a packet's journey.</summary>
/// <param name="Host">The host.</param>
/// <param name="Device">The interface it came in by; null where the journey began.</param>
/// <param name="Walk">What the host did.</param>
public sealed record Hop(NetworkNamespace Host, string? Device, Walk Walk)
{
    /// <summary>The packet that came in, or that the host was to send.</summary>
    public required Packet Packet { get; init; }
}
