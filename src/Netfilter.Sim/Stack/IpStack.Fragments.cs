using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Where the IP layer takes fragments together and makes them (<c>ip_defrag</c>, <c>ip_fragment</c>).</summary>
internal sealed partial class IpStack
{
    private static bool Reassemble(PacketBuffer packet) => true;

    private Fate Fragment(PacketBuffer packet, NetDevice device, int mtu) => packet.Length > mtu
        ? Fate.Unknown("fragmentation is not modelled yet")
        : Transmit(packet, device);
}
