using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>An IPv6 address in host order.</summary>
internal readonly struct AddressV6(ulong high, ulong low) : IAddress<AddressV6>
{
    private readonly ulong _high = high;
    private readonly ulong _low = low;

    public static IpFamily Family => IpFamily.IPv6;

    public static AddressV6 From(NetAddress address) => new((ulong)(address.Bits >> 64), (ulong)address.Bits);

    public static AddressV6 SourceOf(PacketBuffer packet) => Read(packet, 8);

    public static AddressV6 DestinationOf(PacketBuffer packet) => Read(packet, 24);

    public bool IsFull => (_high & _low) == ulong.MaxValue;

    public uint Hash => (uint)(((_high * 0x9e3779b97f4a7c15) ^ _low) * 0xc2b2ae3d27d4eb4f >> 32);

    public bool Same(in AddressV6 other) => _high == other._high && _low == other._low;

    public bool Lies(in AddressV6 value, in AddressV6 mask) =>
        (_high & mask._high) == value._high && (_low & mask._low) == value._low;

    private static AddressV6 Read(PacketBuffer packet, int offset)
    {
        ReadOnlySpan<byte> bytes = packet.Bytes.AsSpan(packet.Start + offset, 16);
        return new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}
