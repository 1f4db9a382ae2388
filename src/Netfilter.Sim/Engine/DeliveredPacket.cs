using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>A packet that was given to the local host.</summary>
/// <param name="Device">The interface it came in by.</param>
/// <param name="Packet">The packet as the local socket sees it.</param>
/// <param name="Mark">Its firewall mark.</param>
/// <param name="Life">Number of the packet life that ended so.</param>
public sealed record DeliveredPacket(NetDevice? Device, Packet Packet, uint Mark, int Life)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Device}: {Packet}";
}
