using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Sets;

/// <summary>Makes the element that a packet stands for (the types' <c>kadt</c> functions).</summary>
internal static class SetPacketKey
{
    /// <summary>Reads address, port, interface and Ethernet address as a set's type and a rule's directions want them.</summary>
    /// <returns>False when the packet has no such thing, so that no element can fit.</returns>
    public static bool TryRead(
        IpSetHeader header, PacketBuffer packet, SetMatchOptions options, out SetKey key, out ulong mac)
    {
        key = default;
        mac = 0;
        byte whole = (byte)(header.Family == IpFamily.IPv4 ? 32 : 128);
        int addresses = 0;
        for (int i = 0; i < header.Type.Fields.Length; i++)
        {
            bool source = options.IsSource(i);
            switch (header.Type.Fields[i])
            {
                case SetField.Ip or SetField.Net:
                    NetAddress ip = source ? packet.Source : packet.Destination;
                    key = addresses++ == 0
                        ? key with { Ip = header.Cut(ip), Prefix = whole }
                        : key with { Ip2 = ip, Prefix2 = whole };
                    break;
                case SetField.Port:
                    if (!TryReadPort(packet, source, out byte protocol, out ushort port))
                    {
                        return false;
                    }
                    key = key with { Protocol = protocol, Port = port };
                    break;
                case SetField.Mac:
                    mac = ReadMac(packet, source);
                    if (mac == 0)
                    {
                        return false;
                    }
                    break;
                case SetField.Interface:
                    NetDevice? device = source ? packet.InDevice : packet.OutDevice;
                    if (device is null)
                    {
                        return false;
                    }
                    key = key with { Interface = device.Name };
                    break;
            }
        }
        return Accepts(header, ref key);
    }


    private static bool Accepts(IpSetHeader header, ref SetKey key)
    {
        if (header.Type.Fields[0] == SetField.Port)
        {
            bool fits = key.Protocol is 6 or 17 && key.Port >= header.RangeFirst && key.Port <= header.RangeLast;
            key = key with { Protocol = 0 };
            return fits;
        }
        if (header.Type.IsBitmap)
        {
            return key.Ip.IPv4Bits >= header.RangeFirst && key.Ip.IPv4Bits <= header.RangeLast;
        }
        return header.Type.Name != "hash:ip" || key.Ip.Bits != 0;
    }

    /// <summary>Protocol and port of a packet (<c>net/netfilter/ipset/ip_set_getport.c</c>).</summary>
    private static bool TryReadPort(PacketBuffer packet, bool source, out byte protocol, out ushort port)
    {
        protocol = packet.Protocol;
        port = 0;
        bool hasPort = protocol is 6 or 17 or 132 or 136 or 1 or 58;
        if (!packet.HasTransport)
        {
            return false;
        }
        if (packet.FragmentOffset != 0)
        {
            return packet.Family == IpFamily.IPv4 && (!hasPort || protocol == 58);
        }
        ReadOnlySpan<byte> header = packet.Transport;
        switch (protocol)
        {
            case 6 or 17 or 132 or 136:
                int needed = protocol switch { 6 => 20, 132 => 12, _ => 8 };
                if (header.Length < needed)
                {
                    return false;
                }
                port = BinaryPrimitives.ReadUInt16BigEndian(header[(source ? 0 : 2)..]);
                return true;
            case 1 or 58:
                if (header.Length < 8)
                {
                    return false;
                }
                port = BinaryPrimitives.ReadUInt16BigEndian(header);
                return true;
            default:
                return true;
        }
    }

    private static ulong ReadMac(PacketBuffer packet, bool source)
    {
        if (packet.LinkHeaderLength < 14)
        {
            return 0;
        }
        ReadOnlySpan<byte> link = packet.Bytes.AsSpan(packet.Start - packet.LinkHeaderLength + (source ? 6 : 0), 6);
        ulong mac = 0;
        foreach (byte b in link)
        {
            mac = (mac << 8) | b;
        }
        return mac;
    }
}
