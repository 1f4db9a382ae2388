using System.Buffers.Binary;
using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Finds the <see cref="PacketBuilder"/> that would build a packet.</summary>
internal static class PacketDescriber
{
    /// <summary>The description of a packet, or null when none gives exactly its bytes.</summary>
    public static PacketBuilder? Describe(Packet packet)
    {
        PacketBuilder? network = packet.Family == IpFamily.IPv4 ? NetworkV4(packet) : NetworkV6(packet);
        if (network is null)
        {
            return null;
        }
        bool isLater = network.FragmentOffset is > 0;
        PacketBuilder? whole = isLater ? null : Transport(packet, network);
        return FirstThatFits(packet, whole)
            ?? FirstThatFits(packet, network with
            {
                HasTransportHeader = isLater,
                Payload = [.. packet.Bytes[packet.Layout.TransportOffset..]],
            });
    }

    private static PacketBuilder? FirstThatFits(Packet packet, PacketBuilder? builder)
    {
        if (builder is null)
        {
            return null;
        }
        ushort? header = packet.Family == IpFamily.IPv4 ? BinaryPrimitives.ReadUInt16BigEndian(packet.Bytes[10..]) : null;
        uint? transport = builder.HasTransportHeader && builder.FragmentOffset is not > 0 ? TransportChecksum(packet) : null;
        PacketBuilder[] candidates =
        [
            builder,
            builder with { TransportChecksum = transport },
            builder with { HeaderChecksum = header },
            builder with { TransportChecksum = transport, HeaderChecksum = header },
        ];
        return Array.Find(candidates, candidate => candidate.Build() == packet);
    }

    private static uint? TransportChecksum(Packet packet)
    {
        ReadOnlySpan<byte> transport = packet.TransportBytes;
        if (packet.Protocol == IpProtocols.Sctp)
        {
            return transport.Length >= 12 ? BinaryPrimitives.ReadUInt32LittleEndian(transport[8..]) : null;
        }
        int field = Checksum.FieldOffset(packet.Protocol);
        return field >= 0 && transport.Length >= field + 2 ? BinaryPrimitives.ReadUInt16BigEndian(transport[field..]) : null;
    }

    private static PacketBuilder? NetworkV4(Packet packet)
    {
        ReadOnlySpan<byte> ip = packet.Bytes;
        int header = packet.Layout.TransportOffset;
        if (ip.Length < 20 || ip[0] >> 4 != 4 || header < 20 || header > ip.Length)
        {
            return null;
        }
        return new PacketBuilder
        {
            Source = packet.Source,
            Destination = packet.Destination,
            Protocol = packet.Protocol,
            Ttl = packet.Ttl,
            TypeOfService = packet.TypeOfService,
            Identification = packet.Identification,
            DontFragment = packet.DontFragment,
            FragmentOffset = packet.IsFragment ? packet.FragmentOffset : null,
            MoreFragments = packet.MoreFragments,
            Options = [.. ip[20..header]],
        };
    }

    private static PacketBuilder? NetworkV6(Packet packet)
    {
        ReadOnlySpan<byte> ip = packet.Bytes;
        int end = packet.Layout.TransportOffset;
        if (ip.Length < 40 || end > ip.Length)
        {
            return null;
        }
        ImmutableArray<IPv6Extension>.Builder extensions = ImmutableArray.CreateBuilder<IPv6Extension>();
        byte next = ip[6];
        int at = 40;
        int fragment = packet.Layout.FragmentHeaderOffset;
        while (at < end && at != fragment)
        {
            int length = next == IpProtocols.Ah ? (ip[at + 1] + 2) * 4 : (ip[at + 1] + 1) * 8;
            if (at + length > end || !PacketParser.IsExtension(next))
            {
                return null;
            }
            extensions.Add(new IPv6Extension(next, [.. ip[(at + 1)..(at + length)]]));
            next = ip[at];
            at += length;
        }
        return new PacketBuilder
        {
            Source = packet.Source,
            Destination = packet.Destination,
            Protocol = packet.Protocol,
            Ttl = packet.Ttl,
            TypeOfService = packet.TypeOfService,
            FlowLabel = BinaryPrimitives.ReadUInt32BigEndian(ip) & 0xfffff,
            Identification = packet.Identification,
            FragmentOffset = fragment > 0 ? packet.FragmentOffset : null,
            MoreFragments = packet.MoreFragments,
            Extensions = extensions.ToImmutable(),
        };
    }

    private static PacketBuilder? Transport(Packet packet, PacketBuilder network)
    {
        ReadOnlySpan<byte> header = packet.TransportBytes;
        int length = TransportHeader.LengthOf(header, packet.Protocol);
        if (header.Length < length)
        {
            return null;
        }
        PacketBuilder builder = network with
        {
            SourcePort = packet.SourcePort ?? 0,
            DestinationPort = packet.DestinationPort ?? 0,
            Payload = [.. header[(TransportWriter.HeaderLength(network) == 0 ? 0 : length)..]],
        };
        switch (packet.Protocol)
        {
            case IpProtocols.Tcp:
                return builder with
                {
                    TcpFlags = packet.TcpFlags,
                    Sequence = packet.TcpSequence,
                    Acknowledgement = packet.TcpAcknowledgement,
                    Window = packet.TcpWindow,
                    UrgentPointer = BinaryPrimitives.ReadUInt16BigEndian(header[18..]),
                    TcpOptions = [.. header[20..length]],
                };
            case IpProtocols.Udp:
                return builder with { UdpLength = BinaryPrimitives.ReadUInt16BigEndian(header[4..]) };
            case IpProtocols.UdpLite:
                return builder with { Coverage = BinaryPrimitives.ReadUInt16BigEndian(header[4..]) };
            case IpProtocols.Sctp:
                return builder with { Tag = BinaryPrimitives.ReadUInt32BigEndian(header[4..]) };
            case IpProtocols.Esp:
                return builder with
                {
                    Tag = BinaryPrimitives.ReadUInt32BigEndian(header),
                    Sequence = BinaryPrimitives.ReadUInt32BigEndian(header[4..]),
                };
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                return builder with
                {
                    IcmpType = header[0],
                    IcmpCode = header[1],
                    IcmpRest = BinaryPrimitives.ReadUInt32BigEndian(header[4..]),
                };
            default:
                return builder;
        }
    }
}
