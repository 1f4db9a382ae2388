using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Packets;

/// <summary>The packets that a host answers with, against recorded ones.</summary>
public class AnswerTests
{
    [Fact]
    public void WriteV4_OfPortUnreachable_EqualsTheRecordedAnswer()
    {
        PacketBuffer about = Load(Convert.FromHexString(
            "4500001f000700003f1167c30a0000020a01000200050063000b0000616263"));
        PacketBuffer answer = new();

        IcmpError.WriteV4(answer, about, 0x0a000001, 0x0a000002, 3, 3, 0, 0x978b).ShouldBeTrue();

        Convert.ToHexStringLower(answer.Span).ShouldBe(
            "45c0003b978b00004001ce740a0000010a00000203033827000000004500001f000700003f1167c30a0000020a01000200050063000b0000616263");
    }

    [Fact]
    public void WriteV6_OfUnknownOption_EqualsTheRecordedAnswer()
    {
        const string Quoted =
            "6000000000120040fd00000a000000000000000000000002fd00000b00000000000000000000000211009e040000000000050035000aa4236162";
        PacketBuffer about = Load(Convert.FromHexString(Quoted));
        PacketBuffer answer = new();

        IcmpError.WriteV6(answer, about, ((NetAddress)"fd00:a::1").Bits, ((NetAddress)"fd00:a::2").Bits, 4, 2, 42);

        Convert.ToHexStringLower(answer.Span).ShouldBe(
            "6000000000423a40fd00000a000000000000000000000001fd00000a0000000000000000000000020402f2020000002a" + Quoted);
    }

    [Theory]
    [InlineData(548, 576)]
    [InlineData(2000, 576)]
    [InlineData(547, 575)]
    public void WriteV4_OfLongPacket_QuotesUpTo576BytesInAll(int aboutLength, int length)
    {
        PacketBuffer answer = new();

        IcmpError.WriteV4(answer, Load($"10.0.0.2 > 10.1.0.2/udp len {aboutLength}"), 1, 2, 11, 0, 0, 0).ShouldBeTrue();

        answer.Length.ShouldBe(length);
        answer.ToPacket().IsWellFormed.ShouldBeTrue();
    }

    [Fact]
    public void WriteV6_OfLongPacket_QuotesUpTo1280BytesInAll()
    {
        PacketBuffer answer = new();

        IcmpError.WriteV6(answer, Load("fd00::1 > fd00::2/udp len 1400"), 1, 2, 3, 0, 0);

        answer.Length.ShouldBe(1280);
        answer.ToPacket().IsWellFormed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0x00, 0xc0)]
    [InlineData(0x10, 0xd0)]
    [InlineData(0xb8, 0xd8)]
    [InlineData(0x28, 0xc8)]
    public void WriteV4_OfMarkedPacket_KeepsTheTypeOfService(byte before, byte after)
    {
        PacketBuffer answer = new();

        IcmpError.WriteV4(answer, Load($"10.0.0.2 > 10.1.0.2/udp tos {before}"), 1, 2, 3, 1, 0, 0);

        answer.TypeOfService.ShouldBe(after);
    }

    [Theory]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp echo-request", true)]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp timestamp-reply", true)]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp port-unreachable", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp type 10", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp type 40", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp raw", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/udp raw frag 8", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/udp frag 0+", true)]
    [InlineData("fd00::1 > fd00::2/icmp6 echo-request", true)]
    [InlineData("fd00::1 > fd00::2/icmp6 port-unreachable", false)]
    [InlineData("fd00::1 > fd00::2/icmp6 raw", false)]
    [InlineData("fd00::1 > fd00::2/icmp6 raw frag 8 data 01", false)]
    [InlineData("fd00::1 > fd00::2/icmp6 raw frag 8", true)]
    [InlineData("fd00::1 > fd00::2/udp raw frag 8 data 01", true)]
    public void MayBeAbout_OfKinds_FollowsTheRules(string packet, bool expected) =>
        IcmpError.MayBeAbout(Load(packet)).ShouldBe(expected);

    [Theory]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/tcp syn seq 100", "10.1.0.2:80 > 10.0.0.2:5/tcp rst ack 101 seq 0 win 0")]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/tcp fin psh seq 100 len 50", "10.1.0.2:80 > 10.0.0.2:5/tcp rst ack 111 seq 0 win 0")]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/tcp ack 700 seq 100 len 50", "10.1.0.2:80 > 10.0.0.2:5/tcp rst seq 700 win 0")]
    [InlineData("[fd00::1]:5 > [fd00::2]:80/tcp syn seq 7", "[fd00::2]:80 > [fd00::1]:5/tcp rst ack 8 seq 0 win 0")]
    public void Write_OfReset_AcknowledgesWhatCame(string segment, string reset)
    {
        PacketBuffer about = Load(segment);
        PacketBuffer answer = new();

        TcpReset.MayAnswer(about).ShouldBeTrue();
        TcpReset.Write(answer, about);

        answer.ToPacket().ShouldBe(Packet.Parse(reset));
    }

    [Theory]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/tcp rst")]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/tcp syn sum 0x1234")]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/udp")]
    [InlineData("10.0.0.2 > 10.1.0.2/tcp raw frag 24 len 60")]
    [InlineData("10.0.0.2 > 10.1.0.2/tcp raw len 39")]
    [InlineData("fd00::1 > fd00::2/tcp raw frag 24 len 80")]
    public void MayAnswer_OfOtherThanSoundSegments_SaysNo(string packet) => TcpReset.MayAnswer(Load(packet)).ShouldBeFalse();

    [Theory]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/udp", true)]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/udp sum 0", true)]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/udp sum 0x1234", false)]
    [InlineData("10.0.0.2:5 > 10.1.0.2:80/udplite sum 0x1234", true)]
    [InlineData("10.0.0.2 > 10.1.0.2/200 data 616263646566", false)]
    [InlineData("10.0.0.2 > 10.1.0.2/200 data ffff", true)]
    [InlineData("10.0.0.2 > 10.1.0.2/gre data 616263646566", true)]
    [InlineData("10.0.0.2 > 10.1.0.2/udp raw frag 8 len 40", false)]
    [InlineData("fd00::1 > fd00::2/udp raw", false)]
    [InlineData("fd00::1 > fd00::2/icmp6 echo-request", true)]
    public void MayReject_OfPackets_LooksAtTheChecksumsThatLinuxLooksAt(string packet, bool expected) =>
        NfChecksum.MayReject(Load(packet)).ShouldBe(expected);

    [Theory]
    [InlineData("10.0.0.2 > 10.1.0.2/icmp echo-request id 5 seq 6 tos 0x10 data 0102", "10.1.0.2 > 10.0.0.2/icmp echo-reply id 5 seq 6 tos 0x10 nodf ipid 9 data 0102")]
    [InlineData("fd00::1 > fd00::2/icmp6 echo-request id 5 seq 6 tos 0x10 data 0102", "fd00::2 > fd00::1/icmp6 echo-reply id 5 seq 6 tos 0x10 data 0102")]
    public void WriteEchoReply_OfRequest_ReturnsItsData(string request, string reply)
    {
        PacketBuffer about = Load(request);
        PacketBuffer answer = new();

        IcmpError.WriteEchoReply(answer, about, about.Destination, 9);

        answer.ToPacket().ShouldBe(Packet.Parse(reply));
    }

    private static PacketBuffer Load(string text) => Load(Packet.Parse(text).Bytes);

    private static PacketBuffer Load(ReadOnlySpan<byte> bytes)
    {
        PacketBuffer buffer = new();
        buffer.Load(bytes);
        return buffer;
    }
}
