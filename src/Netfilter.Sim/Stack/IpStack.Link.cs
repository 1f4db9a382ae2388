using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Sending over Ethernet (<c>net/core/neighbour.c neigh_resolve_output</c>, <c>net/ethernet/eth.c</c>).</summary>
internal sealed partial class IpStack
{
    private const int EthernetHeader = 14;
    private const ushort EtherTypeIPv4 = 0x0800;
    private const ushort EtherTypeIPv6 = 0x86dd;

    private Fate TransmitFrame(PacketBuffer packet, NetDevice device)
    {
        if (FindMac(packet, device) is not { } mac)
        {
            return Fate.Held("waits for the Ethernet address of its next hop");
        }
        Span<byte> header = stackalloc byte[EthernetHeader];
        WriteEthernet(header, mac, device.MacAddress, EtherTypeOf(packet));
        packet.SetLinkHeader(header);
        Walk.Sink.OnEmitted(device, packet);
        return Fate.Forwarded(device);
    }

    private static ushort EtherTypeOf(PacketBuffer packet) => packet.Family == IpFamily.IPv4 ? EtherTypeIPv4 : EtherTypeIPv6;

    /// <summary>The Ethernet address to send to: a group's own, everybody's, or the next hop's.</summary>
    private ulong? FindMac(PacketBuffer packet, NetDevice device)
    {
        RouteResult route = packet.Route!;
        if (packet.Family == IpFamily.IPv4)
        {
            if (route.Type == RouteType.Broadcast || packet.DestinationV4 == uint.MaxValue)
            {
                return 0xffffffffffff;
            }
            if (packet.DestinationV4 >> 28 == 14)
            {
                return 0x01005e000000UL | (packet.DestinationV4 & 0x7fffff);
            }
        }
        else if (packet.Span[24] == 0xff)
        {
            return 0x333300000000UL | (uint)packet.Destination.Bits;
        }
        return Fib.FindNeighbour(route.NextHop(packet.Destination), device);
    }

    private static void WriteEthernet(Span<byte> header, ulong destination, ulong source, ushort type)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)(destination >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)destination);
        BinaryPrimitives.WriteUInt32BigEndian(header[6..], (uint)(source >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(header[12..], type);
    }
}
