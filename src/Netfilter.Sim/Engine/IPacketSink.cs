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

    /// <summary>A packet passes a bridge's own interface, between the host and the ports.</summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="isSent">Whether the host sends it; otherwise it goes up to the host.</param>
    /// <param name="packet">The packet.</param>
    void OnBridged(NetDevice bridge, bool isSent, PacketBuffer packet)
    {
    }

    /// <summary>A target wrote a line to the kernel's log (LOG, SYN cookies).</summary>
    void OnLog(string line);

    /// <summary>
    /// A packet that TRACE marked met a rule (<c>net/ipv4/netfilter/ip_tables.c trace_packet</c>).
    /// </summary>
    /// <param name="line"><c>table:chain:rule|return|policy:number</c>, without the packet's description.</param>
    /// <param name="packet">The packet at that moment.</param>
    void OnTrace(string line, PacketBuffer packet);

    /// <summary>NFLOG handed a packet to user space.</summary>
    void OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet);
}
