using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Tests.Conntrack;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Tests.Nat;

public sealed class NatEngineTests
{
    private static readonly NatRange Any = new(NatRangeFlags.None);

    [Fact]
    public void Masquerade_RoundTrip_TranslatesBothWays()
    {
        ConntrackBench bench = Masquerading(Any);
        Describe(bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:5000", "203.0.113.9:53")))
            .ShouldBe("203.0.113.1:5000 > 203.0.113.9:53");
        Describe(bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:53", "203.0.113.1:5000")))
            .ShouldBe("203.0.113.9:53 > 10.0.0.2:5000");
        bench.Lines().ShouldBe(["udp src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 src=203.0.113.9 dst=203.0.113.1 sport=53 dport=5000 mark=0"]);
        ConnectionText.NamesOf(bench.Host.Conntrack.Single().Status)
            .ShouldBe("SEEN_REPLY CONFIRMED SRC_NAT SRC_NAT_DONE DST_NAT_DONE");
    }

    [Fact]
    public void Masquerade_AddressGone_ForgetsItsConnections()
    {
        ConntrackBench bench = Masquerading(Any);
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:5000", "203.0.113.9:53"));
        bench.Host.RemoveAddress(ConntrackBench.Inside, "10.0.0.1/24");
        bench.Host.Conntrack.Length.ShouldBe(1);
        bench.Host.RemoveAddress(ConntrackBench.Outside, "203.0.113.1/24");
        bench.Host.Conntrack.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(4000, 1024, 65535)]
    [InlineData(300, 1, 511)]
    [InlineData(700, 600, 1023)]
    public void SourcePort_Taken_IsReplacedByOneOfItsClass(int port, int lowest, int highest)
    {
        ConntrackBench bench = Masquerading(Any);
        NetEndpoint server = "203.0.113.9:53";
        for (int client = 2; client < 40; client++)
        {
            Packet sent = bench.Pass(ConntrackBench.Inside, Packet.Udp(new NetEndpoint($"10.0.0.{client}", (ushort)port), server))!;
            ((int)Port(sent, 0)).ShouldBeInRange(lowest, highest);
        }
        bench.Host.Conntrack.Select(entry => entry.Reply).Distinct().Count().ShouldBe(38);
    }

    [Fact]
    public void SourcePortRange_Exhausted_DropsThePacket()
    {
        ConntrackBench bench = Masquerading(new NatRange(NatRangeFlags.ProtocolSpecified, MinPort: 7000, MaxPort: 7002));
        int passed = Enumerable.Range(2, 5).Count(client =>
            bench.Pass(ConntrackBench.Inside, Packet.Udp($"10.0.0.{client}:5000", "203.0.113.9:53")) is not null);
        passed.ShouldBe(3);
        bench.Host.Conntrack.Select(entry => (int)entry.Reply.DestinationPort).Order().ShouldBe([7000, 7001, 7002]);
    }

    /// <summary>A client has been given the router's own address and port: what the router sends from there takes another port.</summary>
    [Theory]
    [InlineData(IpProtocols.Tcp)]
    [InlineData(IpProtocols.Udp)]
    public void OwnPort_TakenByAClient_IsReplaced(byte protocol)
    {
        ConntrackBench bench = Masquerading(Any);
        Packet From(string source) => new PacketBuilder
        {
            Source = source,
            Destination = "203.0.113.9",
            Protocol = protocol,
            SourcePort = 5000,
            DestinationPort = 53,
            TcpFlags = TcpFlags.Syn,
        }.Build();
        Describe(bench.Pass(ConntrackBench.Inside, From("10.0.0.2"))).ShouldBe("203.0.113.1:5000 > 203.0.113.9:53");
        Packet own = bench.Host.Send(From("203.0.113.1")).Emitted.Single().Packet;
        own.Source.ShouldBe((NetAddress)"203.0.113.1");
        Port(own, 0).ShouldNotBe((ushort)5000);
        bench.Host.Conntrack.Select(entry => entry.Reply).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Steps_OfAnEchoRequest_NameAddressesOnly()
    {
        ConntrackBench bench = Destination(new NatRange(NatRangeFlags.MapAddresses, "10.0.0.80", "10.0.0.80"));
        Walk walk = bench.Host.Receive(ConntrackBench.Outside, Packet.IcmpEcho("203.0.113.9", "203.0.113.1", 7));
        walk.Steps.OfType<NatStep>().Select(step => step.Text).ShouldBe(["nat: destination 203.0.113.1 -> 10.0.0.80"]);
        walk = bench.Host.Receive(ConntrackBench.Outside, Packet.Udp("203.0.113.9:1", "203.0.113.1:53"));
        walk.Steps.OfType<NatStep>().Select(step => step.Text).ShouldBe(["nat: destination 203.0.113.1:53 -> 10.0.0.80:53"]);
    }

    /// <summary>Recorded: what has no ports to tell two clients apart by cannot be translated for both. DCCP is such a protocol since 6.16.</summary>
    [Theory]
    [InlineData(IpProtocols.Dccp)]
    [InlineData(IpProtocols.Esp)]
    [InlineData(253)]
    public void ProtocolWithoutPorts_SecondClientOfTheSameServer_IsDropped(byte protocol)
    {
        ConntrackBench bench = Masquerading(Any);
        Packet Between(string from, string to) => new PacketBuilder { Source = from, Destination = to, Protocol = protocol, Payload = [1, 2, 3, 4] }.Build();
        bench.Pass(ConntrackBench.Inside, Between("10.0.0.2", "203.0.113.9"))!.Source.ShouldBe((NetAddress)"203.0.113.1");
        bench.Pass(ConntrackBench.Inside, Between("10.0.0.3", "203.0.113.9")).ShouldBeNull();
        Packet answer = bench.Pass(ConntrackBench.Outside, Between("203.0.113.9", "203.0.113.1"))!;
        answer.Destination.ShouldBe((NetAddress)"10.0.0.2");
    }

    [Fact]
    public void DestinationPortRange_IsFilledFromItsLowerEnd()
    {
        NatRange range = new(
            NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified, "10.0.0.80", "10.0.0.80", 8000, 8010);
        ConntrackBench bench = Destination(range);
        Describe(bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:1", "203.0.113.1:80"))).ShouldBe("203.0.113.9:1 > 10.0.0.80:8000");
        Describe(bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:2", "203.0.113.1:8005"))).ShouldBe("203.0.113.9:2 > 10.0.0.80:8005");
        Describe(bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:1", "203.0.113.1:81"))).ShouldBe("203.0.113.9:1 > 10.0.0.80:8001");
    }

    [Fact]
    public void DestinationPortRange_Shifted_KeepsTheDistance()
    {
        NatRange range = new(
            NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified | NatRangeFlags.ProtocolOffset,
            "10.0.0.80", "10.0.0.80", 3000, 3020, 80);
        ConntrackBench bench = Destination(range);
        Describe(bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:1", "203.0.113.1:85"))).ShouldBe("203.0.113.9:1 > 10.0.0.80:3005");
    }

    [Fact]
    public void AddressRange_IsChosenByTheKernelsHash()
    {
        // The word order and the seed are those of a little endian machine.
        NatRange range = new(NatRangeFlags.MapAddresses, "198.51.100.1", "198.51.100.64");
        ConntrackBench bench = Source(range);
        Packet first = bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:5000", "203.0.113.9:53"))!;
        uint hash = JenkinsHash.Hash4(0x0200000a, 0, 0, 0, 0x097100cb);
        first.Source.ShouldBe(new NetAddress(0xc6336401u + (uint)(((ulong)hash * 64) >> 32)));
        Packet second = bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:5000", "203.0.113.10:53"))!;
        second.Source.ShouldBe(first.Source);
    }

    [Theory]
    [InlineData("10.0.0.2", "203.0.113.9", "203.0.113.1")]
    [InlineData("fd00::2", "2001:db8::9", "2001:db8::1")]
    public void IcmpError_OfATranslatedConnection_IsTranslatedWithWhatItQuotes(string client, string server, string router)
    {
        ConntrackBench bench = Masquerading(Any);
        bool isIPv4 = !client.Contains(':', StringComparison.Ordinal);
        Packet sent = bench.Pass(ConntrackBench.Inside, Packet.Udp(new NetEndpoint(client, 5000), new NetEndpoint(server, 53)))!;
        Packet error = Packet.Icmp(server, router, isIPv4 ? (byte)3 : (byte)1, isIPv4 ? (byte)3 : (byte)4, 0, sent.Bytes);
        Packet passed = bench.Pass(ConntrackBench.Outside, error)!;
        passed.Destination.ShouldBe(NetAddress.Parse(client));
        passed.Defect.ShouldBe(PacketDefect.None);
        Packet quoted = Packet.Parse(passed.Bytes[(isIPv4 ? 28 : 48)..]);
        Describe(quoted).ShouldBe(Describe(sent).Replace(router, client, StringComparison.Ordinal));
        quoted.WithValidChecksums().Bytes.SequenceEqual(quoted.Bytes).ShouldBeTrue();
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Translation_OfAnyPacketAndBack_RestoresIt(IpFamily family)
    {
        bool isIPv4 = family == IpFamily.IPv4;
        // GRE's one key is that of the destination and lies in the payload.
        Gen<(NetAddress, NetAddress, ushort, ushort, byte, byte[], bool, bool)> cases =
            from client in PacketGenerators.Address(family)
            from other in PacketGenerators.Address(family)
            from port in Gen.Choose(0, 65535)
            from newPort in Gen.Choose(0, 65535)
            from protocol in Gen.Elements<byte>(isIPv4 ? (byte)1 : (byte)58, 6, 17, 47, 50, 132, 136)
            from payload in Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value))
            from isBroken in Gen.Elements(true, false, false)
            from isSource in Gen.Elements(true, false)
            select (client, other, (ushort)port, (ushort)newPort, protocol, payload, isBroken, isSource || protocol == IpProtocols.Gre);
        int changed = 0;
        PropertyCheck.ForAll(
            cases,
            drawn =>
            {
                (NetAddress end, NetAddress target, ushort port, ushort newPort, byte protocol, byte[] payload, bool broken, bool isSource) = drawn;
                NetAddress server = isIPv4 ? "203.0.113.9" : "2001:db8::9";
                bool isIcmp = protocol is 1 or 58;
                Packet packet = new PacketBuilder
                {
                    Source = isSource ? end : server,
                    Destination = isSource ? server : end,
                    Protocol = protocol,
                    SourcePort = isSource ? port : (ushort)80,
                    DestinationPort = isSource ? (ushort)80 : port,
                    IcmpType = isIPv4 ? (byte)8 : (byte)128,
                    IcmpRest = (uint)port << 16,
                    Payload = [.. payload],
                }.Build();
                packet = broken && protocol != 132 ? packet.WithBadTransportChecksum() : packet;
                byte[] bytes = packet.ToArray();
                ConnectionTuple before = new(packet.Source, packet.Destination, isIcmp || isSource ? port : (ushort)80, isSource ? (ushort)80 : port, protocol);
                ConnectionTuple after = isSource
                    ? before with { Source = target, SourcePort = newPort }
                    : before with { Destination = target, DestinationPort = newPort, SourcePort = isIcmp ? newPort : before.SourcePort };
                NatManip manip = isSource ? NatManip.Source : NatManip.Destination;
                if (!PacketManip.Apply(bytes, family, after, manip))
                {
                    return;
                }
                Packet translated = Packet.Parse(bytes);
                (isSource ? translated.Source : translated.Destination).ShouldBe(target);
                if (!broken)
                {
                    translated.IsWellFormed.ShouldBe(packet.IsWellFormed, translated.ToString());
                }
                changed += bytes.AsSpan().SequenceEqual(packet.Bytes) ? 0 : 1;
                PacketManip.Apply(bytes, family, before, manip);
                Packet.Parse(bytes).ShouldBe(packet);
            },
            count: 2000);
        changed.ShouldBeGreaterThan(1500);
    }

    private static ConntrackBench Masquerading(NatRange range) => new ConntrackBench(new SeededChance(3)).WithNat((hook, packet, walk) =>
        hook == Hook.PostRouting && packet.OutDevice!.Name == ConntrackBench.Outside
            ? walk.Nat.Masquerade(packet, range, walk) : Verdict.Accept).WithFilter();

    private static ConntrackBench Source(NatRange range) => new ConntrackBench().WithNat((hook, packet, walk) =>
        hook == Hook.PostRouting ? walk.Nat.SetupInfo(packet, range, NatManip.Source, walk) : Verdict.Accept);

    private static ConntrackBench Destination(NatRange range) => new ConntrackBench().WithNat((hook, packet, walk) =>
        hook == Hook.PreRouting ? walk.Nat.SetupInfo(packet, range, NatManip.Destination, walk) : Verdict.Accept);

    private static ushort Port(Packet packet, int offset) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(packet.Bytes[(packet.Source.Family == IpFamily.IPv4 ? 20 : 40)..][offset..]);

    private static string Describe(Packet? packet) => packet is null ? "-"
        : $"{packet.Source}:{Port(packet, 0)} > {packet.Destination}:{Port(packet, 2)}";
}
