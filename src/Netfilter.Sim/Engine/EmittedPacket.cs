using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>A packet that left the host.</summary>
/// <param name="Device">The interface it left by.</param>
/// <param name="Packet">The packet.</param>
/// <param name="Life">Number of the packet life that ended so, or that it is a fragment of.</param>
public sealed record EmittedPacket(NetDevice Device, Packet Packet, int Life)
{
    /// <summary>The link header before it; empty when the link has none.</summary>
    public ReadOnlyMemory<byte> LinkHeader { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Device}: {Packet}";
}
