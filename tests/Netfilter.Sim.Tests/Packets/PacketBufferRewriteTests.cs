using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Packets;

public class PacketBufferRewriteTests
{
    private static readonly Gen<(Packet Packet, NetAddress Address, int Number)> Inputs =
        from builder in PacketGenerators.Builder()
        from address in PacketGenerators.Address(builder.Destination.Family)
        from number in Gen.Choose(0, 65535)
        select (builder.Build(), address, number);

    [Fact]
    public void Rewrite_OfValidPacket_KeepsItValid() => PropertyCheck.ForAll(Inputs, input =>
    {
        (Packet packet, NetAddress address, int number) = input;
        packet.Defect.ShouldBe(PacketDefect.None);
        PacketBuffer buffer = Load(packet);
        foreach (Action<PacketBuffer> rewrite in Rewrites(address, (ushort)number))
        {
            rewrite(buffer);
            buffer.ToPacket().Defect.ShouldBe(PacketDefect.None);
        }
    });

    [Fact]
    public void Rewrite_OfWrongChecksum_KeepsTheSameDifference() => PropertyCheck.ForAll(Inputs, input =>
    {
        (Packet right, NetAddress address, int number) = input;
        if (Checksum.FieldOffset(right.Protocol) < 0 || right.Protocol is 33 || IsForeignIcmp(right))
        {
            return;
        }
        Packet wrong = right.WithBadTransportChecksum();
        wrong.Defect.ShouldBe(PacketDefect.TransportChecksum);
        (PacketBuffer first, PacketBuffer second) = (Load(right), Load(wrong));
        foreach (Action<PacketBuffer> rewrite in Rewrites(address, (ushort)number))
        {
            rewrite(first);
            rewrite(second);
        }
        Difference(first, second).ShouldBe(Difference(Load(right), Load(wrong)));
    });

    [Fact]
    public void SetSource_AndBack_RestoresTheBytes() => PropertyCheck.ForAll(Inputs, input =>
    {
        (Packet packet, NetAddress address, int number) = input;
        if (packet.Protocol is 17 or 136 && HasZeroChecksum(packet))
        {
            return;
        }
        PacketBuffer buffer = Load(packet);
        buffer.SetSource(address, (ushort)number);
        buffer.Source.ShouldBe(address);
        buffer.SetSource(packet.Source, packet.SourcePort ?? 0);
        buffer.ToPacket().ShouldBe(packet);
    });

    [Fact]
    public void Rewrite_OfAnyBytes_NeverThrows() => PropertyCheck.ForAll(
        from packet in PacketGenerators.Any()
        from address in PacketGenerators.Address(packet.Family)
        select (packet, address),
        input =>
        {
            PacketBuffer buffer = Load(input.packet);
            foreach (Action<PacketBuffer> rewrite in Rewrites(input.address, 7))
            {
                rewrite(buffer);
            }
        },
        count: 2000);

    [Fact]
    public void Rewrite_OfPackets_AllocatesNothing()
    {
        PacketBuffer buffer = Load(Packet.Tcp("10.0.0.1:1", "10.0.0.2:2", TcpFlags.Syn));
        byte[] replacement = [1, 2, 3];
        Rewrite();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Rewrite();
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Rewrite()
        {
            buffer.SetSource(new NetAddress(0x0a000009), 99);
            buffer.SetDestination(new NetAddress(0x0a000008), 98);
            buffer.SetTtl(63);
            buffer.SetTypeOfService(8);
            buffer.ReplaceInTransport(20, 0, replacement);
            buffer.ReplaceInTransport(20, 3, default);
            buffer.Prepend(14);
            buffer.Start += 14;
            buffer.Length -= 14;
        }
    }

    [Fact]
    public void SetSourcePort_OfUdpWithoutChecksum_LeavesItWithout()
    {
        Packet packet = new PacketBuilder
        {
            Source = "10.0.0.1",
            Destination = "10.0.0.2",
            Protocol = 17,
            TransportChecksum = 0,
        }.Build();

        packet.WithSourcePort(5).Bytes[26..28].ToArray().ShouldBe(new byte[] { 0, 0 });
    }

    [Fact]
    public void SetSourcePort_WhenUdpChecksumBecomesZero_WritesAllOnes()
    {
        Packet packet = Packet.Udp("10.0.0.1:0", "10.0.0.2:53");
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(packet.Bytes[26..]);

        Packet changed = packet.WithSourcePort(checksum);

        BinaryPrimitives.ReadUInt16BigEndian(changed.Bytes[26..]).ShouldBe((ushort)0xffff);
        changed.IsWellFormed.ShouldBeTrue();
    }

    [Fact]
    public void ReplaceInTransport_WithLongerText_SetsLengthsAndChecksums()
    {
        PacketBuffer buffer = Load(Packet.Tcp("10.0.0.1:1", "10.0.0.2:21", TcpFlags.Ack, "PORT 1\r\n"u8));

        buffer.ReplaceInTransport(25, 1, "203,0,113,1"u8).ShouldBeTrue();

        Packet changed = buffer.ToPacket();
        changed.Payload.ToArray().ShouldBe("PORT 203,0,113,1\r\n"u8.ToArray());
        changed.IsWellFormed.ShouldBeTrue();
        buffer.ReplaceInTransport(20, 0, new byte[65535]).ShouldBeFalse();
        buffer.ToPacket().ShouldBe(changed);
    }

    [Fact]
    public void Prepend_BeyondTheHeadroom_KeepsThePacketBehind()
    {
        Packet packet = Packet.Udp("10.0.0.1:1", "10.0.0.2:2", "abc"u8);
        PacketBuffer buffer = Load(packet);

        buffer.Prepend(100).Fill(0xee);

        buffer.Length.ShouldBe(packet.Length + 100);
        buffer.Span[..100].ContainsAnyExcept((byte)0xee).ShouldBeFalse();
        Packet.Parse(buffer.Span[100..]).ShouldBe(packet);
    }

    private static IEnumerable<Action<PacketBuffer>> Rewrites(NetAddress address, ushort number) =>
    [
        buffer => buffer.SetSource(address),
        buffer => buffer.SetDestination(address),
        buffer => buffer.SetSourcePort(number),
        buffer => buffer.SetDestinationPort(number),
        buffer => buffer.SetTtl((byte)number),
        buffer => buffer.SetTypeOfService((byte)number),
    ];

    private static PacketBuffer Load(Packet packet)
    {
        PacketBuffer buffer = new();
        buffer.Load(packet.Bytes);
        return buffer;
    }

    /// <summary>ICMP's number in IPv6 and the other way round: a header that nobody checks.</summary>
    private static bool IsForeignIcmp(Packet packet) => packet.Protocol == (packet.Family == IpFamily.IPv4 ? 58 : 1);

    private static bool HasZeroChecksum(Packet packet) => packet.TransportBytes[6] == 0 && packet.TransportBytes[7] == 0;

    private static int Difference(PacketBuffer first, PacketBuffer second)
    {
        int field = first.TransportOffset + Checksum.FieldOffset(first.Protocol);
        return (first.ReadUInt16(field) - second.ReadUInt16(field) + (2 * 65535)) % 65535;
    }
}
