using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>What the base parts of rules compare, read once per table.</summary>
internal readonly struct PacketKey<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    public readonly TAddress Source;
    public readonly TAddress Destination;
    public readonly InterfaceName In;
    public readonly InterfaceName Out;
    public readonly byte Protocol;

    /// <summary>A second or later fragment.</summary>
    public readonly bool IsFragment;

    /// <summary>IPv6: the chain of headers could not be followed to a protocol (<c>ipv6_find_hdr</c> failed).</summary>
    public readonly bool IsBroken;

    public PacketKey(PacketBuffer packet)
    {
        Source = TAddress.SourceOf(packet);
        Destination = TAddress.DestinationOf(packet);
        In = packet.InDevice?.NameWords ?? default;
        Out = packet.OutDevice?.NameWords ?? default;
        Protocol = packet.Protocol;
        IsFragment = packet.FragmentOffset != 0;
        IsBroken = TAddress.Family == IpFamily.IPv6 && !packet.HasTransport;
    }
}
