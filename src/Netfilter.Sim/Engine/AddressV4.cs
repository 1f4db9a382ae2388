using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>An IPv4 address in host order.</summary>
internal readonly struct AddressV4(uint bits) : IAddress<AddressV4>
{
    private readonly uint _bits = bits;

    public static IpFamily Family => IpFamily.IPv4;

    public static AddressV4 From(NetAddress address) => new(address.IPv4Bits);

    public static AddressV4 SourceOf(PacketBuffer packet) => new(packet.SourceV4);

    public static AddressV4 DestinationOf(PacketBuffer packet) => new(packet.DestinationV4);

    public bool IsFull => _bits == uint.MaxValue;

    public uint Hash => _bits * 0x9e3779b1;

    public bool Same(in AddressV4 other) => _bits == other._bits;

    public bool Lies(in AddressV4 value, in AddressV4 mask) => (_bits & mask._bits) == value._bits;
}
