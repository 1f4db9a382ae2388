using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>Random packets: valid, odd, cut off, and bytes that were never one. Biased to the edges.</summary>
public static class PacketGenerators
{
    private static readonly byte[] Protocols = [1, 2, 6, 6, 17, 17, 33, 47, 50, 51, 58, 132, 136, 200, 255];

    /// <summary>Addresses of a family, from few networks so that they meet.</summary>
    public static Gen<NetAddress> Address(IpFamily family) => family == IpFamily.IPv4
        ? Gen.OneOf(
            Gen.Elements<uint>(0, 1, 0x0a000001, 0x0a000002, 0x7f000001, 0xc0a80105, 0xe0000001, 0xffffffff),
            Gen.Choose(int.MinValue, int.MaxValue).Select(bits => (uint)bits)).Select(bits => new NetAddress(bits))
        : Gen.OneOf(
            Gen.Elements("::", "::1", "fd00::1", "fd00::2", "2001:db8::5", "fe80::1", "ff02::1").Select(text => (NetAddress)text),
            Bytes(16, 16).Select(bytes => NetAddress.FromBytes(bytes)));

    /// <summary>Bytes of random length and content; often all zeros or text.</summary>
    public static Gen<byte[]> Bytes(int least, int most) =>
        from length in Gen.Choose(least, most)
        from kind in Gen.Choose(0, 3)
        from bytes in kind == 0
            ? Gen.Constant(new byte[length])
            : kind == 1 ? Gen.Choose(32, 126).Select(c => (byte)c).ArrayOf(length)
            : Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(length)
        select bytes;

    /// <summary>Descriptions of whole packets.</summary>
    public static Gen<PacketBuilder> Builder() =>
        from family in Gen.Elements(IpFamily.IPv4, IpFamily.IPv6)
        from builder in Builder(family)
        select builder;

    /// <summary>Descriptions of whole packets of a family.</summary>
    public static Gen<PacketBuilder> Builder(IpFamily family) =>
        from source in Address(family)
        from destination in Address(family)
        from protocol in Gen.Elements(Protocols)
        from ttl in Gen.Elements<byte>(0, 1, 2, 63, 64, 128, 255)
        from tos in Gen.Elements<byte>(0, 0, 0x10, 0xb8, 3, 0xff)
        from id in Gen.Choose(0, 65535)
        from options in Options()
        from extensions in Extensions()
        from transport in Transport()
        from payload in Bytes(0, 120)
        select transport with
        {
            Source = source,
            Destination = destination,
            Protocol = UsableProtocol(protocol, family),
            Ttl = ttl,
            TypeOfService = tos,
            Identification = family == IpFamily.IPv4 ? (uint)id : 0,
            FlowLabel = family == IpFamily.IPv6 ? (uint)id : 0,
            Options = family == IpFamily.IPv4 ? [.. options] : [],
            Extensions = family == IpFamily.IPv6 ? [.. extensions] : [],
            Payload = [.. payload],
        };

    /// <summary>Packets whose bytes are all right.</summary>
    public static Gen<Packet> Valid() => Builder().Select(builder => builder.Build());

    /// <summary>One piece of a larger packet.</summary>
    public static Gen<Packet> Fragment() =>
        from builder in Builder()
        from place in Gen.Elements(0, 8, 16, 1480, 65528)
        from more in Gen.Elements(true, false)
        select (builder with { FragmentOffset = place, MoreFragments = more || place == 0 }).Build();

    /// <summary>Packets that were cut off, with bytes changed, or with bytes behind them.</summary>
    public static Gen<Packet> Odd() =>
        from packet in Gen.OneOf(Valid(), Fragment())
        from kind in Gen.Choose(0, 2)
        from length in Gen.Choose(0, packet.Length)
        from place in Gen.Choose(0, packet.Length - 1)
        from value in Gen.Elements<byte>(0, 1, 0x0f, 0x45, 0x60, 0x7f, 0x80, 0xff)
        from tail in Bytes(1, 20)
        select kind switch
        {
            0 => Packet.Parse(packet.Bytes[..length]),
            1 => Changed(packet, place, value),
            _ => Packet.Parse([.. packet.Bytes, .. tail]),
        };

    /// <summary>Anything at all.</summary>
    public static Gen<Packet> Any() => Gen.Frequency(
        (4, Valid()),
        (2, Fragment()),
        (3, Odd()),
        (1, Bytes(0, 100).Select(bytes => Packet.Parse(bytes))));

    private static Packet Changed(Packet packet, int place, byte value)
    {
        byte[] bytes = packet.ToArray();
        bytes[place] = value;
        return Packet.Parse(bytes);
    }

    /// <summary>Authentication is an extension header in IPv6, not a protocol.</summary>
    private static byte UsableProtocol(byte protocol, IpFamily family) =>
        family == IpFamily.IPv6 && protocol == 51 ? (byte)50 : protocol;

    private static Gen<byte[]> Options() => Gen.Frequency(
        (6, Gen.Constant<byte[]>([])),
        (1, Gen.Constant<byte[]>([1, 1, 1, 0])),
        (1, Gen.Constant<byte[]>([7, 7, 4, 0, 0, 0, 0, 0])),
        (1, Gen.Constant<byte[]>([0x94, 4, 0, 0])));

    private static Gen<IPv6Extension[]> Extensions() => Gen.Frequency(
        (6, Gen.Constant<IPv6Extension[]>([])),
        (1, Gen.Constant<IPv6Extension[]>([IPv6Extension.HopByHop(5, 2, 0, 0)])),
        (1, Gen.Constant<IPv6Extension[]>([IPv6Extension.HopByHop(), IPv6Extension.DestinationOptions(1, 1, 0)])),
        (1, Gen.Constant<IPv6Extension[]>([new IPv6Extension(43, [0, 0, 0, 0, 0, 0, 0])])),
        (1, Gen.Constant<IPv6Extension[]>([new IPv6Extension(51, [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1])])));

    private static Gen<PacketBuilder> Transport() =>
        from sourcePort in Port()
        from destinationPort in Port()
        from flags in Gen.Elements<ushort>(0, 2, 0x12, 0x10, 0x18, 0x11, 4, 0x14, 0x3f, 0xff, 0x1ff)
        from sequence in Gen.Elements<uint?>(null, 0, 1, 0x7fffffff, 0xffffffff)
        from acknowledgement in Gen.Elements<uint?>(null, 0, 1, 0xffffffff)
        from window in Gen.Elements<ushort>(0, 1, 64240, 65535)
        from tcpOptions in Gen.Elements<byte[]>([], [2, 4, 5, 180], [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2])
        from type in Gen.Elements<byte>(0, 3, 5, 8, 11, 13, 128, 129, 135, 255)
        from rest in Gen.Elements<uint>(0, 1, 0x00010002, 0xffffffff)
        from coverage in Gen.Elements<ushort>(0, 8)
        select new PacketBuilder
        {
            SourcePort = sourcePort,
            DestinationPort = destinationPort,
            TcpFlags = (TcpFlags)flags,
            Sequence = sequence,
            Acknowledgement = acknowledgement,
            Window = window,
            TcpOptions = [.. tcpOptions],
            IcmpType = type,
            IcmpRest = rest,
            Tag = rest,
            Coverage = coverage,
        };

    private static Gen<ushort> Port() =>
        Gen.OneOf(Gen.Elements<ushort>(0, 1, 53, 80, 65535), Gen.Choose(0, 65535).Select(port => (ushort)port));
}
