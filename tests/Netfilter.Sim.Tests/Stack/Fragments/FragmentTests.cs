using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Stack.Fragments;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Stack.Fragments;

public class FragmentTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Split_ThenGatheredInAnyOrder_IsTheSamePacket() => PropertyCheck.ForAll(
        from builder in PacketGenerators.Builder()
        from payload in PacketGenerators.Bytes(200, 3000)
        from mtu in Gen.Choose(130, 219)
        from order in Gen.Choose(0, int.MaxValue)
        select ((builder with { Payload = [.. payload], DontFragment = false, TypeOfService = 0 }).Build(), mtu, order),
        input =>
        {
            (Packet packet, int mtu, int order) = input;
            List<Packet> fragments = Split(Load(packet), mtu);
            fragments.ShouldAllBe(fragment => fragment.Length <= mtu && fragment.IsFragment && fragment.IsWellFormed);
            List<Packet> shuffled = [.. fragments.OrderBy(fragment => (fragment.FragmentOffset ^ order) * 2654435761 % 1000)];

            PacketBuffer last = new();
            Defragmenter defragmenter = new();
            foreach (Packet fragment in shuffled)
            {
                last.Load(fragment.Bytes);
                FragmentOutcome outcome = defragmenter.Gather(last, FragmentUser.ConntrackIn, 0, 30);
                outcome.ShouldBe(fragment == shuffled[^1] ? FragmentOutcome.Reassembled : FragmentOutcome.Held);
            }

            last.ToPacket().ShouldBe(packet);
            defragmenter.Count.ShouldBe(0);
            Split(last, 70000).Select(Unidentified).ShouldBe(fragments.Select(Unidentified));
        },
        count: 200);

    [Fact]
    public void Gather_OfAnyPackets_NeverThrows()
    {
        Defragmenter defragmenter = new();
        PacketBuffer buffer = new();
        PropertyCheck.ForAll(PacketGenerators.Any(), packet =>
        {
            buffer.Load(packet.Bytes);
            if (IpSanity.Check(buffer).IsOk)
            {
                defragmenter.Gather(buffer, FragmentUser.ConntrackIn, 0, 30);
                defragmenter.Gather(Load(packet), FragmentUser.ConntrackIn, 0, 30);
            }
        }, count: 3000);
    }

    /// <summary>Offset and length of the payload's pieces, + for more to come; and what becomes of each.</summary>
    [Theory]
    [InlineData("0-48+ 48-100", "Held Reassembled")]
    [InlineData("48-100 0-48+", "Held Reassembled")]
    [InlineData("0-48+ 0-48+ 48-100", "Held Duplicate Reassembled")]
    [InlineData("0-48+ 8-16+ 48-100", "Held Duplicate Reassembled")]
    [InlineData("0-48+ 40-100 48-100", "Held Dropped Held")]
    [InlineData("0-48+ 0-56+ 48-100", "Held Dropped Held")]
    [InlineData("48-100 40-56+ 0-48+", "Held Dropped Held")]
    [InlineData("0-48+ 48-100 48-100", "Held Reassembled Held")]
    [InlineData("0-24+ 48-72+ 24-48+ 72-100", "Held Held Held Reassembled")]
    [InlineData("0-24+ 48-72+ 24-48+ 40-56+ 72-100", "Held Held Held Dropped Held")]
    [InlineData("0-24+ 24-48+ 16-40+ 48-100", "Held Held Duplicate Reassembled")]
    public void Gather_OfPieces_TreatsEachAsLinuxDoes(string pieces, string outcomes)
    {
        foreach (IpFamily family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            GatherPieces(family, pieces).ShouldBe(outcomes);
        }
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "48-100 0-48+ 96-104", "Held Reassembled Held")]
    [InlineData(IpFamily.IPv4, "48-100 96-104 0-48+", "Held Dropped Held")]
    [InlineData(IpFamily.IPv6, "48-100 96-104 0-48+", "Held Dropped Reassembled")]
    [InlineData(IpFamily.IPv4, "0-51+ 48-100", "Held Reassembled")]
    [InlineData(IpFamily.IPv6, "0-51+ 48-100", "Untouched Held")]
    [InlineData(IpFamily.IPv6, "0-100", "Reassembled")]
    [InlineData(IpFamily.IPv4, "0-100", "Untouched")]
    [InlineData(IpFamily.IPv4, "8-8 0-8+", "Dropped Held")]
    public void Gather_WhereTheFamiliesDiffer_FollowsEach(IpFamily family, string pieces, string outcomes) =>
        GatherPieces(family, pieces).ShouldBe(outcomes);

    [Theory]
    [InlineData("0-48+ 48-100", "Held Reassembled")]
    [InlineData("0-100", "Untouched")]
    [InlineData("0-51+ 48-100", "UnevenLength Held")]
    [InlineData("48-90 48-100 0-48+", "Held Dropped Held")]
    [InlineData("0-4+ 8-100", "HeadersTruncated Held")]
    public void Gather_OfIPv6ForTheHostItself_TellsTheSenderMore(string pieces, string outcomes) =>
        GatherPieces(IpFamily.IPv6, pieces, FragmentUser.LocalDeliver).ShouldBe(outcomes);

    [Fact]
    public void Gather_AfterTheTimeout_BeginsAnew()
    {
        Defragmenter defragmenter = new();
        defragmenter.Gather(Load(Piece(IpFamily.IPv4, 0, 48, true)), FragmentUser.ConntrackIn, 0, 30);

        defragmenter.Gather(Load(Piece(IpFamily.IPv4, 48, 100, false)), FragmentUser.ConntrackIn, 30 * Second, 30)
            .ShouldBe(FragmentOutcome.Held);
    }

    [Fact]
    public void TryExpire_AfterTheTimeout_GivesTheFirstFragmentOnce()
    {
        Defragmenter defragmenter = new();
        Packet first = Piece(IpFamily.IPv4, 0, 48, true);
        defragmenter.Gather(Load(first), FragmentUser.LocalDeliver, 0, 30);
        PacketBuffer buffer = new();

        defragmenter.TryExpire((30 * Second) - 1, buffer, out _, out _).ShouldBeFalse();
        defragmenter.TryExpire(30 * Second, buffer, out FragmentUser user, out bool hasFirst).ShouldBeTrue();

        (user, hasFirst).ShouldBe((FragmentUser.LocalDeliver, true));
        buffer.ToPacket().ShouldBe(first);
        defragmenter.TryExpire(30 * Second, buffer, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Fork_ThenGather_LeavesTheOtherSideAsItWas()
    {
        Defragmenter original = new();
        original.Gather(Load(Piece(IpFamily.IPv4, 0, 48, true)), FragmentUser.ConntrackIn, 0, 30);
        Defragmenter fork = original.Fork();

        fork.Gather(Load(Piece(IpFamily.IPv4, 40, 100, false)), FragmentUser.ConntrackIn, 0, 30)
            .ShouldBe(FragmentOutcome.Dropped);
        original.Gather(Load(Piece(IpFamily.IPv4, 48, 100, false)), FragmentUser.ConntrackIn, 0, 30)
            .ShouldBe(FragmentOutcome.Reassembled);
    }

    /// <summary>The two ECN fields, and that of the whole; −1 when it is dropped. As recorded from a kernel.</summary>
    [Theory]
    [InlineData(3, 2, 3)]
    [InlineData(2, 3, 3)]
    [InlineData(2, 1, 2)]
    [InlineData(0, 2, -1)]
    [InlineData(3, 0, -1)]
    [InlineData(3, 3, 3)]
    public void Gather_OfEcnMarks_CombinesThem(byte first, byte second, int expected)
    {
        PacketBuffer last = Load(Piece(IpFamily.IPv4, 48, 100, false).WithTypeOfService(second));
        Defragmenter defragmenter = new();
        defragmenter.Gather(
            Load(Piece(IpFamily.IPv4, 0, 48, true).WithTypeOfService(first)), FragmentUser.ConntrackIn, 0, 30);

        FragmentOutcome outcome = defragmenter.Gather(last, FragmentUser.ConntrackIn, 0, 30);

        int whole = outcome == FragmentOutcome.Reassembled ? last.TypeOfService : -1;
        whole.ShouldBe(expected);
    }

    /// <summary>Sizes in, what NAT does to the header, sizes out: as recorded from a kernel for TCP with 44 bytes of data.</summary>
    [Theory]
    [InlineData("8 16 40", "40 24")]
    [InlineData("16 48", "48 16")]
    [InlineData("24 40", "24 40")]
    public void Split_AfterNatWroteTheHeader_FollowsWhatItPulledTogether(string received, string sent)
    {
        Packet whole = Packet.Tcp("10.0.0.2:5", "10.1.0.2:80", TcpFlags.Syn, new byte[44]);
        PacketBuffer last = new();
        Defragmenter defragmenter = new();
        int offset = 0;
        foreach (int size in received.Split(' ').Select(int.Parse))
        {
            last.Load(Cut(whole, offset, offset + size, offset + size < 64).Bytes);
            defragmenter.Gather(last, FragmentUser.ConntrackIn, 0, 30);
            offset += size;
        }
        last.SetSource("10.1.0.1", 5);

        string.Join(' ', Split(last, 1500).Select(fragment => fragment.Length - 20)).ShouldBe(sent);
    }

    [Fact]
    public void Split_OfOptions_KeepsOnlyTheCopiedOnesInLaterFragments()
    {
        PacketBuilder builder = new()
        {
            Source = "10.0.0.2",
            Destination = "10.1.0.2",
            Protocol = 17,
            DontFragment = false,
            Options = [7, 7, 8, 1, 2, 3, 4, 1, 0x94, 4, 0, 0],
            Payload = [.. new byte[100]],
        };

        List<Packet> fragments = Split(Load(builder.Build()), 96);

        fragments[0].Bytes[20..32].ToArray().ShouldBe([7, 7, 8, 1, 2, 3, 4, 1, 0x94, 4, 0, 0]);
        fragments[1].Bytes[20..32].ToArray().ShouldBe([1, 1, 1, 1, 1, 1, 1, 1, 0x94, 4, 0, 0]);
    }

    [Theory]
    [InlineData(1500, 1500, 0, false, (int)FragmentNeed.None)]
    [InlineData(1501, 1500, 0, false, (int)FragmentNeed.Split)]
    [InlineData(1501, 1500, 0, true, (int)FragmentNeed.TooBig)]
    [InlineData(1000, 1500, 600, true, (int)FragmentNeed.Split)]
    [InlineData(2000, 1500, 1500, true, (int)FragmentNeed.Split)]
    [InlineData(2000, 1400, 1500, true, (int)FragmentNeed.TooBig)]
    [InlineData(2000, 1400, 1500, false, (int)FragmentNeed.Split)]
    public void Check_OfIPv4_SaysWhatThePacketNeeds(int length, int mtu, int received, bool dontFragment, int need)
    {
        PacketBuffer packet = Load(new PacketBuilder
        {
            Source = "10.0.0.1",
            Destination = "10.0.0.2",
            Protocol = 17,
            DontFragment = dontFragment,
            Payload = [.. new byte[length - 28]],
        }.Build());
        packet.FragmentMaxSize = received;

        Fragmenter.Check(packet, mtu).ShouldBe((FragmentNeed)need);
    }

    private static string GatherPieces(
        IpFamily family, string pieces, FragmentUser user = FragmentUser.ConntrackIn)
    {
        Defragmenter defragmenter = new();
        return string.Join(' ', pieces.Split(' ').Select(piece =>
        {
            int[] ends = [.. piece.TrimEnd('+').Split('-').Select(int.Parse)];
            PacketBuffer buffer = Load(Piece(family, ends[0], ends[1], piece.EndsWith('+')));
            return defragmenter.Gather(buffer, user, 0, 30);
        }));
    }

    private static Packet Piece(IpFamily family, int from, int to, bool more)
    {
        Packet whole = family == IpFamily.IPv4
            ? Packet.Udp("10.0.0.2:5", "10.1.0.2:53", new byte[200])
            : Packet.Udp("[fd00:a::2]:5", "[fd00:b::2]:53", new byte[200]);
        return Cut(whole, from, to, more);
    }

    private static Packet Cut(Packet whole, int from, int to, bool more) => new PacketBuilder
    {
        Source = whole.Source,
        Destination = whole.Destination,
        Protocol = whole.Protocol,
        Identification = 77,
        FragmentOffset = from,
        MoreFragments = more,
        HasTransportHeader = false,
        Payload = [.. whole.TransportBytes[from..to]],
    }.Build();

    private static PacketBuffer Load(Packet packet)
    {
        PacketBuffer buffer = new();
        buffer.Load(packet.Bytes);
        return buffer;
    }

    private static List<Packet> Split(PacketBuffer packet, int mtu)
    {
        List<Packet> fragments = [];
        PacketBuffer fragment = new();
        Fragmenter.TryBegin(packet, mtu, 5, out Fragmenter fragmenter).ShouldBeTrue();
        while (fragmenter.Next(fragment))
        {
            fragments.Add(fragment.ToPacket());
        }
        return fragments;
    }

    private static string Unidentified(Packet packet) =>
        $"{packet.FragmentOffset} {packet.MoreFragments} {Convert.ToHexString(packet.TransportBytes)}";
}
