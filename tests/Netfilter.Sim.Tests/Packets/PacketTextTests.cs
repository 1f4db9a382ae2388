using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Packets;

public class PacketTextTests
{
    [Fact]
    public void ToString_OfAnyPacket_ReadsBackToTheSameBytes() => PropertyCheck.ForAll(
        PacketGenerators.Any(), packet => Packet.Parse(packet.ToString()).ShouldBe(packet), count: 3000);

    [Fact]
    public void ToString_OfValidPacket_IsNeverHex() => PropertyCheck.ForAll(
        PacketGenerators.Valid(), packet => packet.ToString().ShouldNotStartWith("hex"));

    [Fact]
    public void Parse_OfAnyBytes_GivesThemBack() => PropertyCheck.ForAll(
        PacketGenerators.Bytes(0, 200), bytes =>
        {
            Packet packet = Packet.Parse(bytes);
            packet.ToArray().ShouldBe(bytes);
            packet.IsWellFormed.ShouldBe(packet.Defect == PacketDefect.None);
            packet.Summary.ShouldNotBeEmpty();
            _ = (packet.Source, packet.Payload.Length, packet.SourcePort, packet.TcpWindow, packet.IcmpSequence);
        }, count: 2000);

    /// <summary>Literals as they are printed.</summary>
    [Theory]
    [InlineData("192.168.1.5:40000 > 10.96.0.10:53/tcp syn")]
    [InlineData("[fd00::1]:40000 > [2001:db8::2]:80/tcp syn ack acknum 7 win 1024 opt 020405b4")]
    [InlineData("10.0.0.1:1000 > 10.0.0.2:53/udp ttl 3 tos 0x10 ipid 77 nodf data \"hello, world\"")]
    [InlineData("10.0.0.1:1000 > 10.0.0.2:53/udp len 100")]
    [InlineData("10.0.0.1 > 10.0.0.2/icmp echo-request id 1 seq 2")]
    [InlineData("10.0.0.1 > 10.0.0.2/icmp port-unreachable data 4500")]
    [InlineData("10.0.0.1 > 10.0.0.2/icmp type 200 code 7 rest 0xff")]
    [InlineData("fe80::1 > ff02::1/icmp6 neighbour-solicitation ttl 255")]
    [InlineData("fd00::1 > fd00::2/udp raw frag 1448 ipid 5 data 0102")]
    [InlineData("10.0.0.1 > 10.0.0.2/47 data 0102")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/sctp vtag 9 data 01020304")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp sum 0x0001")]
    [InlineData("hex 0102")]
    [InlineData("hex ")]
    public void Parse_OfCanonicalText_PrintsItAgain(string text)
    {
        string printed = Packet.Parse(text).ToString();

        Words(printed).ShouldBe(Words(text.Replace("/47", "/gre").Replace("udp raw", "udp")), ignoreOrder: true);
    }

    [Fact]
    public void Parse_OfFirstFragment_HasPortsAndMoreToCome()
    {
        Packet packet = Packet.Parse("10.0.0.1:5 > 10.0.0.2:53/udp frag 0+ ulen 1000 len 508");

        (packet.SourcePort, packet.IsFragment, packet.MoreFragments, packet.Length, packet.DontFragment)
            .ShouldBe(((ushort?)5, true, true, 508, false));
    }

    [Fact]
    public void Parse_OfAckWithNumber_SetsFlagAndNumber()
    {
        Packet packet = Packet.Parse("10.0.0.1:5 > 10.0.0.2:80/tcp psh ack 700 seq 0xffffffff mss 1460");

        packet.TcpFlags.ShouldBe(TcpFlags.Psh | TcpFlags.Ack);
        (packet.TcpAcknowledgement, packet.TcpSequence).ShouldBe((700u, 0xffffffffu));
        packet.TransportBytes[20..].ToArray().ShouldBe([2, 4, 5, 180]);
    }

    [Theory]
    [InlineData("", 0, "expected an address, with a port or without, like 10.0.0.1:80 or [2001:db8::1]:80")]
    [InlineData("10.0.0.1:5 < 10.0.0.2/tcp", 11, "expected '>' between source and destination")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:70000/tcp", 13, "expected an address, with a port or without, and a protocol, like 10.0.0.1:80/tcp")]
    [InlineData("10.0.0.1:5 > [fd00::1]:5/tcp", 13, "source and destination are of different families")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6", 23, "expected a protocol, like /tcp, /udp, /icmp or /47")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/xyz", 24, "expected a protocol, like /tcp, /udp, /icmp or /47")]
    [InlineData("10.0.0.1:5 > 10.0.0.2/icmp", 22, "icmp has no ports here")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/tcp syn foo", 32, "'foo' is not a word for tcp packets")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/tcp ttl 256", 32, "expected a number from 0 to 255")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp syn", 28, "'syn' is not a word for udp packets")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp frag 4", 33, "expected a fragment's offset: a multiple of 8 up to 65528, with + when more follow")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp data abc", 33, "expected bytes as pairs of hexadecimal digits")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp data \"abc", 33, "expected printable ASCII text and a closing quote")]
    [InlineData("10.0.0.1:5 > 10.0.0.2:6/udp len 10", 34, "len 10 is less than the 28 bytes that are there")]
    [InlineData("hex 4500 4500", 9, "expected nothing more")]
    public void Parse_OfWrongText_SaysWhereAndWhatWasExpected(string text, int position, string message)
    {
        PacketFormatException error = Should.Throw<PacketFormatException>(() => Packet.Parse(text));

        (error.Position, error.Message).ShouldBe((position, $"{message} (at position {position})"));
        Packet.TryParse(text, out _).ShouldBeFalse();
    }

    [Fact]
    public void Summary_OfTcp_NamesEndsAndFlags() =>
        Packet.Parse("10.0.0.1:5 > 10.0.0.2:80/tcp syn ack 9 ttl 3").Summary.ShouldBe("10.0.0.1:5 > 10.0.0.2:80/tcp syn ack");

    private static string[] Words(string text) => text.Trim().Split(' ');
}
