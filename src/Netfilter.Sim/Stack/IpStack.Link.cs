using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// Receiving and sending over Ethernet (<c>net/ethernet/eth.c eth_type_trans</c>,
/// <c>net/core/neighbour.c neigh_resolve_output</c>).
/// </summary>
internal sealed partial class IpStack
{
    private readonly NeighbourCache _neighbours = new();

    /// <summary>A frame or a bare packet comes in: to a bridge, to the IP layer or to ARP.</summary>
    private Fate ReceiveFromLink(PacketBuffer packet, NetDevice device)
    {
        if (!device.IsUp)
        {
            return Fate.Dropped($"{device} is down");
        }
        bool isFrame = HasLinkHeader(device) && packet.LinkHeaderLength >= EthernetHeader.Length;
        if (!isFrame)
        {
            return packet.Length > 0 && packet.Span[0] >> 4 == 6 ? InputV6(packet, device) : InputV4(packet, device);
        }
        ulong destination = EthernetHeader.Destination(packet.LinkHeader);
        packet.PacketType = destination == EthernetHeader.Broadcast ? PacketType.Broadcast
            : EthernetHeader.IsGroup(destination) ? PacketType.Multicast
            : destination == device.MacAddress ? PacketType.Host
            : PacketType.OtherHost;
        return device.MasterIndex != 0 && Fib.Device(device.MasterIndex) is { } bridge
            ? BridgeInput(packet, device, bridge)
            : ReceiveFrame(packet, device);
    }

    /// <summary>A frame goes up to the protocol that its type names (<c>__netif_receive_skb_core</c>).</summary>
    private Fate ReceiveFrame(PacketBuffer packet, NetDevice device)
    {
        ReadOnlySpan<byte> header = packet.LinkHeader;
        if (EthernetHeader.IsTagged(header) && EthernetHeader.VlanId(header) != 0)
        {
            packet.PacketType = PacketType.OtherHost;
        }
        ushort protocol = EthernetHeader.Protocol(header);
        int version = packet.Length > 0 ? packet.Span[0] >> 4 : 0;
        return protocol switch
        {
            EthernetHeader.IPv4 => version == 6 ? Fate.Dropped("the frame's type is IPv4, the packet's version is not") : InputV4(packet, device),
            EthernetHeader.IPv6 => version != 6 ? Fate.Dropped("the frame's type is IPv6, the packet's version is not") : InputV6(packet, device),
            EthernetHeader.Arp => ReceiveArp(packet, device),
            _ => Fate.Dropped("a frame of a protocol that nobody handles"),
        };
    }

    /// <summary>Writes the frame for a packet, or lets it wait until its next hop has told its address.</summary>
    private Fate TransmitFrame(PacketBuffer packet, NetDevice device)
    {
        NetAddress nextHop = packet.Route!.NextHop(packet.Destination);
        if (FindMac(packet, nextHop, device) is not { } mac)
        {
            return WaitForNeighbour(packet, nextHop, device);
        }
        return TransmitTo(packet, device, mac);
    }

    private Fate TransmitTo(PacketBuffer packet, NetDevice device, ulong mac)
    {
        Span<byte> header = stackalloc byte[EthernetHeader.Length];
        EthernetHeader.Write(header, mac, device.MacAddress, EtherTypeOf(packet));
        packet.SetLinkHeader(header);
        return TransmitLink(packet, device);
    }

    /// <summary>A complete frame leaves by an interface; by a bridge it leaves by ports (<c>dev_queue_xmit</c>).</summary>
    private Fate TransmitLink(PacketBuffer packet, NetDevice device)
    {
        if (device.Kind == NetDeviceKind.Bridge)
        {
            return BridgeTransmit(packet, device);
        }
        packet.CompleteChecksum();
        Walk.Sink.OnEmitted(device, packet);
        return Fate.Forwarded(device);
    }

    private static ushort EtherTypeOf(PacketBuffer packet) =>
        packet.Family == IpFamily.IPv4 ? EthernetHeader.IPv4 : EthernetHeader.IPv6;

    /// <summary>The Ethernet address to send to: a group's own, everybody's, or the next hop's.</summary>
    private ulong? FindMac(PacketBuffer packet, NetAddress nextHop, NetDevice device)
    {
        if (packet.Family == IpFamily.IPv4)
        {
            if (packet.Route!.Type == RouteType.Broadcast || nextHop.IPv4Bits == uint.MaxValue)
            {
                return EthernetHeader.Broadcast;
            }
            if (nextHop.IPv4Bits >> 28 == 14)
            {
                return 0x01005e000000UL | (nextHop.IPv4Bits & 0x7fffff);
            }
        }
        else if (nextHop.Bits >> 120 == 0xff)
        {
            return 0x333300000000UL | (uint)nextHop.Bits;
        }
        return FindNeighbour(nextHop, device);
    }

    private ulong? FindNeighbour(NetAddress address, NetDevice device) =>
        Fib.FindNeighbour(address, device) ?? _neighbours.Find(device.Index, address);

    /// <summary>The packet waits; the first to wait causes a request. IPv6 neighbours are not asked.</summary>
    private Fate WaitForNeighbour(PacketBuffer packet, NetAddress nextHop, NetDevice device)
    {
        packet.IsQueued = true;
        bool isFirst = _neighbours.Wait(device.Index, nextHop, packet);
        if (isFirst && nextHop.Family == IpFamily.IPv4)
        {
            RequestArp(packet, nextHop, device);
        }
        return Fate.Held($"waits for the Ethernet address of {nextHop}");
    }

    /// <summary>Takes over what another stack has learned of the link layer.</summary>
    public void CopyLinkState(IpStack origin)
    {
        _neighbours.CopyFrom(origin._neighbours);
        _forwarding.CopyFrom(origin._forwarding);
    }
}
