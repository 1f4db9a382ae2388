using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>ARP for IPv4 over Ethernet (<c>net/ipv4/arp.c arp_process</c>, <c>arp_solicit</c>).</summary>
internal sealed partial class IpStack
{
    private const int ArpLength = 28;
    private const ushort ArpRequest = 1;
    private const ushort ArpReply = 2;

    private Fate ReceiveArp(PacketBuffer packet, NetDevice device)
    {
        ReadOnlySpan<byte> arp = packet.Span;
        bool isForIPv4 = arp.Length >= ArpLength && BinaryPrimitives.ReadUInt64BigEndian(arp) >> 16 == 0x000108000604;
        if (packet.PacketType == PacketType.OtherHost || !isForIPv4)
        {
            return Fate.Dropped("ARP that is for others or not for IPv4");
        }
        int operation = BinaryPrimitives.ReadUInt16BigEndian(arp[6..]);
        ulong senderMac = EthernetHeader.ReadMac(arp[8..]);
        NetAddress sender = NetAddress.FromBytes(arp.Slice(14, 4));
        NetAddress target = NetAddress.FromBytes(arp.Slice(24, 4));
        if (operation == ArpRequest && IsAnsweredByArp(sender, target, device))
        {
            _neighbours.Learn(device.Index, sender, senderMac, create: sender.IPv4Bits != 0);
            SendArp(ArpReply, device, target, senderMac, senderMac, sender);
            return Fate.Delivered(device);
        }
        if (operation is ArpRequest or ArpReply)
        {
            SendWaiting(_neighbours.Learn(device.Index, sender, senderMac, create: false), device, senderMac);
        }
        return Fate.Delivered(device);
    }

    /// <summary>Whether a request is for an address that the host answers for on this interface.</summary>
    private bool IsAnsweredByArp(NetAddress sender, NetAddress target, NetDevice device)
    {
        ref readonly DeviceFlags flags = ref Fib.Flags(device);
        if (target.IPv4Bits >> 28 == 14 || (target.IPv4Bits >> 24 == 127 && !flags.RoutesLocalnet))
        {
            return false;
        }
        bool isOnDevice = Fib.AddressTypeV4(target.IPv4Bits, device) == RouteType.Local;
        bool isIgnored = flags.ArpIgnore switch { 0 => false, 1 or 2 => !isOnDevice, _ => true };
        if (sender.IPv4Bits == 0)
        {
            return !isIgnored && Fib.AddressTypeV4(target.IPv4Bits) == RouteType.Local;
        }
        InputRoute route = Fib.RouteInputV4(new RouteKey { Destination = target, Source = sender, InIndex = device.Index }, device);
        return route.Kind == InputKind.Local && !isIgnored;
    }

    /// <summary>Asks for a next hop, from the packet's source if that is the host's, else from the interface's address.</summary>
    private void RequestArp(PacketBuffer packet, NetAddress nextHop, NetDevice device)
    {
        bool isOwnSource = Fib.AddressTypeV4(packet.SourceV4) == RouteType.Local;
        NetAddress source = isOwnSource ? packet.Source : Fib.SelectSourceV4(device, nextHop, RouteScope.Link) ?? default;
        SendArp(ArpRequest, device, source, EthernetHeader.Broadcast, 0, nextHop);
    }

    private void SendArp(ushort operation, NetDevice device, NetAddress sender, ulong frameTo, ulong targetMac, NetAddress target)
    {
        PacketBuffer packet = Rent();
        Span<byte> arp = packet.Begin(ArpLength);
        BinaryPrimitives.WriteUInt64BigEndian(arp, 0x0001080006040000UL | operation);
        EthernetHeader.WriteMac(arp[8..], device.MacAddress);
        sender.WriteBytes(arp[14..]);
        EthernetHeader.WriteMac(arp[18..], targetMac);
        target.WriteBytes(arp[24..]);
        Span<byte> header = stackalloc byte[EthernetHeader.Length];
        EthernetHeader.Write(header, frameTo, device.MacAddress, EthernetHeader.Arp);
        packet.SetLinkHeader(header);
        int outer = Walk.BeginLife(LifeCause.Answered, packet);
        Finish(packet, outer, TransmitLink(packet, device));
    }

    /// <summary>Packets that have waited for an address leave now; they passed POSTROUTING before.</summary>
    private void SendWaiting(IReadOnlyList<PacketBuffer> waiting, NetDevice device, ulong mac)
    {
        foreach (PacketBuffer packet in waiting)
        {
            packet.IsQueued = false;
            int outer = Walk.BeginLife(LifeCause.Released, packet);
            Finish(packet, outer, TransmitTo(packet, device, mac));
        }
    }
}
