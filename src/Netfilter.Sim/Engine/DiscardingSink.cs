using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>A sink that keeps nothing.</summary>
internal sealed class DiscardingSink : IPacketSink
{
    private DiscardingSink()
    {
    }

    public static DiscardingSink Instance { get; } = new();

    public void OnEmitted(NetDevice device, PacketBuffer packet)
    {
    }

    public void OnDelivered(PacketBuffer packet)
    {
    }

    public void OnLog(string line)
    {
    }

    public void OnTrace(string line, PacketBuffer packet)
    {
    }

    public void OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet)
    {
    }
}
