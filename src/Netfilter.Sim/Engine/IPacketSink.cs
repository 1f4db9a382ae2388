using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Receives what leaves a walk, as it happens and without copies (D7): the buffer is the engine's own and valid only
/// during the call.
/// </summary>
public interface IPacketSink
{
    /// <summary>A packet leaves by an interface, complete with checksums.</summary>
    void OnEmitted(NetDevice device, PacketBuffer packet);

    /// <summary>A packet has passed all INPUT hooks and is given to the local stack; <see cref="PacketBuffer.InDevice"/> is where it came in.</summary>
    void OnDelivered(PacketBuffer packet);

    /// <summary>A target wrote a line to the kernel's log (LOG, TRACE, SYN cookies).</summary>
    void OnLog(string line);

    /// <summary>NFLOG handed a packet to user space.</summary>
    void OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet);
}
