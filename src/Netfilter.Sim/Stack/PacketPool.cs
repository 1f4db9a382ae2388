using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack;

/// <summary>Packet buffers to be used again, so that packets cost no allocation.</summary>
internal sealed class PacketPool
{
    private readonly Stack<PacketBuffer> _free = new();

    public PacketBuffer Rent() => _free.TryPop(out PacketBuffer? packet) ? packet : new PacketBuffer();

    public void Return(PacketBuffer packet)
    {
        packet.ResetMetadata();
        _free.Push(packet);
    }
}
