using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Conntrack.Helpers;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Conntrack.Helpers;

public sealed class HelperTests
{
    private const string Client = "10.0.0.2";
    private const string Server = "203.0.113.9";

    [Theory]
    [InlineData("PORT 10,0,0,2,4,5\r\n", "PORT 203,0,113,1,4,5\r\n", 1029)]
    [InlineData("port 10,0,0,2,200,1\r\n", "port 203,0,113,1,200,1\r\n", 51201)]
    [InlineData("EPRT |1|10.0.0.2|6446|\r\n", "EPRT |1|203.0.113.1|6446|\r\n", 6446)]
    [InlineData("EPRT !1!10.0.0.2!6446!\r\n", "EPRT |1|203.0.113.1|6446|\r\n", 6446)]
    [InlineData("PORT 10,0,0,3,4,5\r\n", "PORT 10,0,0,3,4,5\r\n", null)]
    [InlineData("EPRT |2|10.0.0.2|6446|\r\n", null, null)]
    [InlineData("PORT 10,0,0,2,4\r\n", null, null)]
    [InlineData("XPORT 10,0,0,2,4,5\r\n", "XPORT 10,0,0,2,4,5\r\n", null)]
    public void Ftp_CommandOfATranslatedClient_IsRewrittenAndExpected(string command, string? rewritten, int? port)
    {
        ConntrackBench bench = Connected("ftp", 21, isTranslated: true);
        string? passed = Say(bench, command);
        passed.ShouldBe(rewritten);
        bench.Tracker.Expectations(0).Select(expectation => (int)expectation.Tuple.DestinationPort)
            .ShouldBe(port is { } number ? [number] : []);
    }

    [Fact]
    public void Ftp_ExpectedConnection_IsRelatedOnceAndReachesTheClient()
    {
        ConntrackBench bench = Connected("ftp", 21, isTranslated: true);
        Say(bench, "PORT 10,0,0,2,4,5\r\n");
        Packet? data = bench.Pass(ConntrackBench.Outside, Packet.Tcp($"{Server}:20", "203.0.113.1:1029", TcpFlags.Syn));
        bench.LastState.ShouldBe("RELATED");
        data!.Destination.ShouldBe(NetAddress.Parse(Client));
        bench.Tracker.Expectations(0).ShouldBeEmpty();
        ConntrackEntry entry = bench.Host.Conntrack.Single(entry => entry.Master is not null);
        (entry.Status & ConnectionStatus.Expected).ShouldBe(ConnectionStatus.Expected);
    }

    [Fact]
    public void Ftp_LongerCommand_ShiftsLaterSequenceNumbers()
    {
        ConntrackBench bench = Connected("ftp", 21, isTranslated: true);
        Say(bench, "PORT 10,0,0,2,4,5\r\n");
        Packet next = bench.Pass(ConntrackBench.Inside, Segment(Client, Server, 4000, 21, 101 + 10 + 19, 501, "NOOP\r\n"))!;
        int difference = "PORT 203,0,113,1,4,5\r\n".Length - "PORT 10,0,0,2,4,5\r\n".Length;
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(next.Bytes[24..]).ShouldBe(130u + (uint)difference);
        bench.Host.Conntrack.Single().SequenceShifts!.Value.Original.After.ShouldBe(difference);
        Packet back = bench.Pass(ConntrackBench.Outside, Segment(Server, "203.0.113.1", 21, 4000, 501, 136 + (uint)difference, ""))!;
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(back.Bytes[28..]).ShouldBe(136u);
    }

    [Fact]
    public void Expectation_OfADeletedMaster_IsGone()
    {
        ConntrackBench bench = Connected("ftp", 21, isTranslated: false);
        Say(bench, "PORT 10,0,0,2,4,5\r\n").ShouldBe("PORT 10,0,0,2,4,5\r\n");
        bench.Tracker.Expectations(0).Count().ShouldBe(1);
        bench.Tracker.Kill(bench.Host.Conntrack.Single().Id, null);
        bench.Tracker.EndWalk();
        (bench.Tracker.Expectations(0).Count(), bench.Tracker.Count).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData("PRIVMSG bob :\u0001DCC SEND file.bin 167772162 1029 1234\u0001\r\n", "PRIVMSG bob :\u0001DCC SEND file.bin 3405803777 1029 1234\u0001\r\n")]
    [InlineData("PRIVMSG bob :\u0001DCC CHAT chat 167772163 1029\u0001\r\n", "PRIVMSG bob :\u0001DCC CHAT chat 167772163 1029\u0001\r\n")]
    [InlineData("NOTICE bob :\u0001DCC SEND file.bin 167772162 1029 1234\u0001\r\n", "NOTICE bob :\u0001DCC SEND file.bin 167772162 1029 1234\u0001\r\n")]
    public void Irc_OfferOfATranslatedClient_NamesTheTranslatedAddress(string line, string rewritten) =>
        Say(Connected("irc", 6667, isTranslated: true), line).ShouldBe(rewritten);

    [Fact]
    public void Sip_InviteOfATranslatedClient_NamesTheTranslatedAddressAndExpectsMedia()
    {
        ConntrackBench bench = Bench("sip", 5060, isTranslated: true);
        string Invite(string address, int length) => $"""
            INVITE sip:bob@{Server} SIP/2.0
            Via: SIP/2.0/UDP {address}:5060;branch=1
            Contact: <sip:alice@{address}:5060>
            CSeq: 1 INVITE
            Content-Type: application/sdp
            Content-Length: {length}

            v=0
            o=x 1 1 IN IP4 {address}
            c=IN IP4 {address}
            m=audio 40000 RTP/AVP 0

            """.Replace("\n", "\r\n", StringComparison.Ordinal);
        string sent = Invite(Client, 80);
        Packet passed = bench.Pass(ConntrackBench.Inside, Packet.Udp($"{Client}:5060", $"{Server}:5060", Encoding.ASCII.GetBytes(sent)))!;
        string text = Encoding.ASCII.GetString(passed.Bytes[28..]);
        int body = text.Length - text.IndexOf("v=0", StringComparison.Ordinal);
        text.ShouldBe(Invite("203.0.113.1", body));
        passed.Defect.ShouldBe(PacketDefect.None);
        bench.Tracker.Expectations(0).Select(expectation => expectation.Tuple.DestinationPort).Order().ShouldBe([(ushort)40000, (ushort)40001]);
        Packet? media = bench.Pass(ConntrackBench.Outside, Packet.Udp($"{Server}:7000", "203.0.113.1:40000"));
        bench.LastState.ShouldBe("RELATED");
        media!.Destination.ShouldBe(NetAddress.Parse(Client));
    }

    [Fact]
    public void Helpers_OnAnyPayload_NeverThrow()
    {
        string[] seeds =
        [
            "PORT 10,0,0,2,4,5\r\n", "EPRT |1|10.0.0.2|6446|\r\n", "227 x (10,0,0,2,4,5)\r\n", "229 x (|||99|)\r\n",
            "PRIVMSG bob :\u0001DCC SEND f 167772162 1029 1\u0001\r\n", "CONNECT DATA 1 MESG 2 INDEX 3\n",
            "INVITE sip:b@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060\r\nContact: <sip:a@10.0.0.2>,<sip:b@10.0.0.2:5060>\r\nCSeq: 1 INVITE\r\nContent-Length: 9\r\n\r\nv=0\r\no=x IN IP4 10.0.0.2\r\nc=IN IP4 10.0.0.2\r\nm=audio 5000 R\r\n",
            "SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@203.0.113.1>;expires=60\r\n\r\n",
        ];
        Gen<byte[]> payloads =
            from seed in Gen.Elements(seeds)
            from cut in Gen.Choose(0, seed.Length)
            from at in Gen.Choose(0, Math.Max(seed.Length - 1, 0))
            from value in Gen.Choose(0, 255)
            from changes in Gen.Choose(0, 2)
            select Mutate(Encoding.Latin1.GetBytes(seed), cut, at, (byte)value, changes);
        string[] names = ["ftp", "irc", "tftp", "amanda", "sip", "pptp"];
        Prop.ForAll(Arb.From(payloads), payload =>
        {
            foreach (string name in names)
            {
                bool isTcp = name is "ftp" or "irc" or "pptp";
                ConntrackBench bench = isTcp ? Connected(name, 21, isTranslated: true) : Bench(name, 5060, isTranslated: true);
                bench.Pass(ConntrackBench.Inside, isTcp
                    ? Raw(Client, Server, 4000, 21, 111, 501, payload)
                    : Packet.Udp($"{Client}:5060", $"{Server}:5060", payload));
                bench.Pass(ConntrackBench.Outside, isTcp
                    ? Raw(Server, "203.0.113.1", 21, 4000, 501, 111, payload)
                    : Packet.Udp($"{Server}:5060", "203.0.113.1:5060", payload));
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261122, 11));
    }

    private static byte[] Mutate(byte[] text, int cut, int at, byte value, int changes)
    {
        if (changes > 0)
        {
            text[at] = value;
        }
        return changes == 2 ? text[..cut] : text;
    }

    private static ConntrackBench Bench(string helper, ushort port, bool isTranslated)
    {
        ConntrackBench bench = new ConntrackBench().WithFilter().WithNat((hook, packet, walk) =>
            isTranslated && hook == Hook.PostRouting && packet.OutDevice!.Name == ConntrackBench.Outside
                ? walk.Nat.Masquerade(packet, new Sim.Nat.NatRange(Sim.Nat.NatRangeFlags.None), walk) : Verdict.Accept);
        ConntrackTemplate template = new() { Helper = ConnectionHelpers.Find(helper) };
        bench.WithRaw(packet => packet.Template = packet.Transport[2] == port >> 8 && packet.Transport[3] == (byte)port ? template : null);
        return bench;
    }

    /// <summary>A TCP connection that is established, with one line of each side behind it.</summary>
    private static ConntrackBench Connected(string helper, ushort port, bool isTranslated)
    {
        ConntrackBench bench = Bench(helper, port, isTranslated);
        string router = isTranslated ? "203.0.113.1" : Client;
        bench.Pass(ConntrackBench.Inside, Segment(Client, Server, 4000, port, 100, 0, "", TcpFlags.Syn));
        bench.Pass(ConntrackBench.Outside, Segment(Server, router, port, 4000, 500, 101, "", TcpFlags.Syn | TcpFlags.Ack));
        bench.Pass(ConntrackBench.Inside, Segment(Client, Server, 4000, port, 101, 501, "USER me\r\n\n"));
        return bench;
    }

    private static string? Say(ConntrackBench bench, string line)
    {
        ushort port = bench.Host.Conntrack.Single().Original.DestinationPort;
        Packet? passed = bench.Pass(ConntrackBench.Inside, Segment(Client, Server, 4000, port, 111, 501, line));
        return passed is null ? null : Encoding.Latin1.GetString(passed.Bytes[40..]);
    }

    private static Packet Segment(
        string source, string destination, ushort from, ushort to, uint sequence, uint ack, string text, TcpFlags flags = TcpFlags.Ack) =>
        Raw(source, destination, from, to, sequence, ack, Encoding.Latin1.GetBytes(text), flags);

    private static Packet Raw(
        string source, string destination, ushort from, ushort to, uint sequence, uint ack, byte[] payload, TcpFlags flags = TcpFlags.Ack) =>
        new PacketBuilder
        {
            Source = source,
            Destination = destination,
            SourcePort = from,
            DestinationPort = to,
            Sequence = sequence,
            Acknowledgement = ack,
            TcpFlags = flags,
            Payload = [.. payload],
        }.Build();
}
