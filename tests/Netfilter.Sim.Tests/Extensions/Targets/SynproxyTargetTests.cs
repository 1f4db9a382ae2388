using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions.Targets;

public class SynproxyTargetTests
{
    private static readonly NetEndpoint Client = NetEndpoint.Parse("10.0.0.1:4000"), Server = NetEndpoint.Parse("10.9.0.1:80");

    private readonly ManualTimeProvider _clock = new();
    private readonly NetworkNamespace _host;

    public SynproxyTargetTests()
    {
        _host = new NetworkNamespace("node", _clock);
        _host.AddInterface("a", "10.0.0.254/24");
        _host.AddInterface("b", "10.9.0.254/24");
        _host.Sysctls["net.ipv4.ip_forward"] = "1";
        _host.Sysctls["net.netfilter.nf_conntrack_tcp_loose"] = "0";
        new IptablesShell(_host).Execute("iptables-restore", """
            *raw
            -A PREROUTING -i a -p tcp --syn -j CT --notrack
            COMMIT
            *filter
            -A FORWARD -i a -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 9 --mss 1460
            COMMIT

            """).ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Handshake_WithTimestamps_BringsTheClientsOptionsToTheServerAndShiftsBoth()
    {
        byte[] options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 5];
        Packet answer = Emitted(_host.Receive("a", Segment(Client, Server, TcpFlags.Syn, 1000, 0, options)));
        TcpOf(answer)[20..24].ShouldBe(new byte[] { 2, 4, 5, 0xb4 });
        TcpOf(answer)[24..28].ShouldBe(new byte[] { 4, 2, 8, 10 });
        Word(answer, 32).ShouldBe(7u);
        TcpOf(answer)[36..40].ShouldBe(new byte[] { 1, 3, 3, 9 });
        uint cookie = Word(answer, 4), stamp = Word(answer, 28);
        (stamp & 0x3f).ShouldBe(0x15u); // window scale 5, SACK permitted

        byte[] echo = [1, 1, 8, 10, 0, 0, 0, 8, .. Bytes(stamp)];
        Packet syn = Emitted(_host.Receive("a", Segment(Client, Server, TcpFlags.Ack, 1001, cookie + 1, echo)));
        TcpOf(syn)[13].ShouldBe((byte)TcpFlags.Syn);
        Word(syn, 4).ShouldBe(1000u);
        byte[] restored = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 8, .. Bytes(stamp), 1, 3, 3, 5];
        TcpOf(syn)[20..].ShouldBe(restored);

        byte[] servers = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0x30, 0, 0, 0, 0, 8, 1, 3, 3, 6];
        Walk finished = _host.Receive("b", Segment(Server, Client, TcpFlags.Syn | TcpFlags.Ack, 77_000, 1001, servers));
        Packet[] both = [.. finished.Emitted.Select(emitted => emitted.Packet)];
        both.Length.ShouldBe(2);
        Word(both[0], 4).ShouldBe(1001u);
        Word(both[0], 8).ShouldBe(77_001u);
        Word(both[1], 4).ShouldBe(cookie + 1);
        Word(both[1], 24).ShouldBe(stamp); // the server's stamp as the client knows it

        byte[] later = [1, 1, 8, 10, 0, 0, 0x30, 9, 0, 0, 0, 8];
        Packet data = Emitted(_host.Receive("b", Segment(Server, Client, TcpFlags.Ack, 77_001, 1001, later)));
        Word(data, 4).ShouldBe(cookie + 1);
        Word(data, 24).ShouldBe(stamp + 9);
        byte[] answered = [1, 1, 8, 10, 0, 0, 0, 9, .. Bytes(stamp + 9)];
        Packet reply = Emitted(_host.Receive("a", Segment(Client, Server, TcpFlags.Ack, 1001, cookie + 1, answered)));
        Word(reply, 8).ShouldBe(77_001u);
        Word(reply, 28).ShouldBe(0x3009u);
        reply.ToArray().ShouldBe(Packet.Parse(reply.ToArray()).WithValidChecksums().ToArray());
    }

    [Theory]
    [InlineData(0, 1u, true)]
    [InlineData(0, 2u, false)]
    [InlineData(59, 1u, true)]
    [InlineData(121, 1u, false)]
    public void Acknowledgement_OfACookie_IsTakenForAMinuteOrTwo(int seconds, uint add, bool isTaken)
    {
        Packet answer = Emitted(_host.Receive("a", Segment(Client, Server, TcpFlags.Syn, 1000, 0, [2, 4, 5, 0xb4])));
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        Walk walk = _host.Receive("a", Segment(Client, Server, TcpFlags.Ack, 1001, Word(answer, 4) + add, []));
        walk.Emitted.Length.ShouldBe(isTaken ? 1 : 0);
    }

    private static Packet Segment(
        NetEndpoint from, NetEndpoint to, TcpFlags flags, uint sequence, uint acknowledged, byte[] options) => new PacketBuilder
        {
            Source = from.Address,
            SourcePort = from.Port,
            Destination = to.Address,
            DestinationPort = to.Port,
            TcpFlags = flags,
            Sequence = sequence,
            Acknowledgement = acknowledged,
            TcpOptions = [.. options],
        }.Build();

    private static Packet Emitted(Walk walk) => walk.Emitted.Single().Packet;

    private static byte[] TcpOf(Packet packet) => packet.ToArray()[20..];

    private static uint Word(Packet packet, int offset) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(TcpOf(packet).AsSpan(offset));

    private static byte[] Bytes(uint word) => [(byte)(word >> 24), (byte)(word >> 16), (byte)(word >> 8), (byte)word];
}
