using System.Buffers.Binary;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

// Copies with one thing changed. Checksums stay as right or as wrong as they are, as when a router rewrites the packet.
// A packet whose IP header is cut off stays what it is.
public sealed partial class Packet
{
    /// <summary>A copy with another source address.</summary>
    /// <exception cref="ArgumentException">The address is of the other family.</exception>
    public Packet WithSource(NetAddress address)
    {
        ThrowIfOtherFamily(address);
        return Edit(buffer => buffer.SetSource(address));
    }

    /// <summary>A copy with another destination address.</summary>
    /// <exception cref="ArgumentException">The address is of the other family.</exception>
    public Packet WithDestination(NetAddress address)
    {
        ThrowIfOtherFamily(address);
        return Edit(buffer => buffer.SetDestination(address));
    }

    /// <summary>A copy with another source port; the same packet where there is none.</summary>
    public Packet WithSourcePort(ushort port) => Edit(buffer => buffer.SetSourcePort(port));

    /// <summary>A copy with another destination port; the same packet where there is none.</summary>
    public Packet WithDestinationPort(ushort port) => Edit(buffer => buffer.SetDestinationPort(port));

    /// <summary>A copy with another TTL or hop limit.</summary>
    public Packet WithTtl(byte ttl) => Edit(buffer => buffer.SetTtl(ttl));

    /// <summary>A copy with another type of service or traffic class.</summary>
    public Packet WithTypeOfService(byte value) => Edit(buffer => buffer.SetTypeOfService(value));

    /// <summary>A copy with another IPv4 identification; the same packet for IPv6.</summary>
    public Packet WithIdentification(ushort value) =>
        Family == IpFamily.IPv4 ? Edit(buffer => buffer.SetIdentification(value)) : this;

    /// <summary>A copy with other TCP flags; the same packet when it has no TCP header.</summary>
    public Packet WithTcpFlags(TcpFlags flags) => HasHeader(IpProtocols.Tcp, 20)
        ? Edit(buffer => buffer.ReplaceTransport16(12, (ushort)((Word(Transport + 12) & 0xfe00) | ((int)flags & 0x1ff))))
        : this;

    /// <summary>
    /// A copy with another payload: lengths are set and the transport checksum is computed anew.
    /// </summary>
    /// <exception cref="ArgumentException">The packet would be longer than IP allows.</exception>
    public Packet WithPayload(ReadOnlySpan<byte> payload)
    {
        PacketBuffer buffer = new();
        buffer.Load(_bytes);
        int header = TransportBytes.Length - Payload.Length;
        if (Length >= (Family == IpFamily.IPv4 ? 20 : 40) && !buffer.ReplaceInTransport(header, Payload.Length, payload))
        {
            throw new ArgumentException("The packet would be longer than IP allows.", nameof(payload));
        }
        return buffer.ToPacket();
    }

    /// <summary>A copy whose IPv4 header checksum and transport checksum are right.</summary>
    public Packet WithValidChecksums() => Edit(buffer =>
    {
        if (Family == IpFamily.IPv4)
        {
            buffer.RecomputeHeaderChecksum();
        }
        if (!IsFragment)
        {
            buffer.RecomputeTransportChecksum();
        }
    });

    /// <summary>A copy whose transport checksum is wrong; the same packet when it has no such checksum.</summary>
    public Packet WithBadTransportChecksum()
    {
        int field = Protocol == IpProtocols.Sctp ? 8 : Checksum.FieldOffset(Protocol);
        if (field < 0 || !HasHeader(Protocol, field + 2))
        {
            return this;
        }
        byte[] bytes = [.. _bytes];
        Span<byte> checksum = bytes.AsSpan(Transport + field);
        ushort value = BinaryPrimitives.ReadUInt16BigEndian(checksum);
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)(value is 0x5555 ? 0x6666 : value ^ 0x5555));
        return new Packet(bytes);
    }

    private Packet Edit(Action<PacketBuffer> edit)
    {
        if (Length < (Family == IpFamily.IPv4 ? 20 : 40))
        {
            return this;
        }
        PacketBuffer buffer = new();
        buffer.Load(_bytes);
        edit(buffer);
        return buffer.ToPacket();
    }

    private void ThrowIfOtherFamily(NetAddress address)
    {
        if (address.Family != Family)
        {
            throw new ArgumentException("The address is of the other family.", nameof(address));
        }
    }
}
