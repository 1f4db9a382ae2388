using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>A packet that passed a bridge's own interface, between the host and the ports.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="IsSent">Whether the host sent it; otherwise it went up to the host.</param>
/// <param name="Packet">The packet.</param>
public sealed record BridgedPacket(NetDevice Bridge, bool IsSent, Packet Packet);
