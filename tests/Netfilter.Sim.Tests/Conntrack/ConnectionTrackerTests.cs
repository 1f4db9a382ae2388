using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Conntrack;

public sealed class ConnectionTrackerTests
{
    private readonly ConntrackBench _bench = new ConntrackBench().WithFilter();

    [Fact]
    public void Udp_QuestionAndAnswer_IsNoStreamUntilTwoSecondsHavePassed()
    {
        Packet question = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53"), answer = Packet.Udp("203.0.113.9:53", "10.0.0.2:5000");
        _bench.Pass(ConntrackBench.Inside, question);
        _bench.LastState.ShouldBe("NEW");
        _bench.Pass(ConntrackBench.Outside, answer);
        _bench.Pass(ConntrackBench.Inside, question);
        _bench.LastState.ShouldBe("ESTABLISHED");
        _bench.Host.Conntrack.Single().TimeoutSeconds.ShouldBe(30);
        _bench.Lines().ShouldBe(["udp src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=0"]);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2.1));
        _bench.Pass(ConntrackBench.Outside, answer);
        ConntrackEntry entry = _bench.Host.Conntrack.Single();
        (entry.TimeoutSeconds, entry.Status & ConnectionStatus.Assured).ShouldBe((120, ConnectionStatus.Assured));
    }

    [Fact]
    public void KeepsLabels_OnlyWhileARuleOfEitherFamilyNeedsThem()
    {
        _bench.Host.Tracker.KeepsLabels.ShouldBeFalse();
        IptablesShell shell = new(_bench.Host);
        shell.Execute("ip6tables -A INPUT -m connlabel --label 3").ExitCode.ShouldBe(0);
        _bench.Host.Tracker.KeepsLabels.ShouldBeTrue();
        shell.Execute("ip6tables -F INPUT").ExitCode.ShouldBe(0);
        _bench.Host.Tracker.KeepsLabels.ShouldBeFalse();
    }

    [Fact]
    public void Entry_AtItsDeadline_IsGoneAndTheNextPacketIsNew()
    {
        Packet question = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53");
        _bench.Pass(ConntrackBench.Inside, question);
        _bench.Clock.Advance(TimeSpan.FromSeconds(29.9));
        _bench.Host.Conntrack.Single().TimeoutSeconds.ShouldBe(0);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.2));
        _bench.Host.Conntrack.ShouldBeEmpty();
        _bench.Pass(ConntrackBench.Inside, question);
        _bench.LastState.ShouldBe("NEW");
        _bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:53", "10.0.0.2:5000"));
        _bench.LastState.ShouldBe("ESTABLISHED");
        _bench.Lines().Length.ShouldBe(1);
    }

    [Fact]
    public void Packet_DroppedOnTheWay_LeavesNothing()
    {
        bool drops = true;
        ConntrackBench bench = new ConntrackBench().WithFilter(_ => drops);
        Packet question = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53");
        for (int i = 0; i < 3; i++)
        {
            bench.Pass(ConntrackBench.Inside, question).ShouldBeNull();
            bench.Tracker.Count.ShouldBe(0);
        }
        drops = false;
        bench.Pass(ConntrackBench.Inside, question).ShouldNotBeNull();
        bench.LastState.ShouldBe("NEW");
        bench.Tracker.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(8, "NEW")]
    [InlineData(13, "NEW")]
    [InlineData(15, "NEW")]
    [InlineData(17, "NEW")]
    [InlineData(0, "INVALID")]
    [InlineData(14, "INVALID")]
    [InlineData(9, "INVALID")]
    [InlineData(3, "INVALID")]
    [InlineData(40, "INVALID")]
    public void Icmp_TypeWithoutConnection_IsNewOnlyForQueries(byte type, string expected)
    {
        _bench.Pass(ConntrackBench.Inside, Packet.Icmp("10.0.0.2", "203.0.113.9", type, 0, 0x00070001, new byte[28]));
        _bench.LastState.ShouldBe(expected);
    }

    [Theory]
    [InlineData(128, "NEW")]
    [InlineData(139, "NEW")]
    [InlineData(129, "INVALID")]
    [InlineData(135, "UNTRACKED")]
    [InlineData(143, "UNTRACKED")]
    [InlineData(137, "INVALID")]
    [InlineData(200, "INVALID")]
    public void IcmpV6_TypeWithoutConnection_IsNewOnlyForQueries(byte type, string expected)
    {
        _bench.Pass(ConntrackBench.Inside, Packet.Icmp("fd00::2", "2001:db8::9", type, 0, 0x00070001, new byte[48]));
        _bench.LastState.ShouldBe(expected);
    }

    [Fact]
    public void IcmpError_AboutAConnection_IsRelatedOnlyOnTheWayToTheSender()
    {
        Packet question = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53");
        _bench.Pass(ConntrackBench.Inside, question);
        _bench.Pass(ConntrackBench.Outside, Packet.Icmp("203.0.113.7", "10.0.0.2", 3, 3, 0, question.Bytes));
        _bench.LastState.ShouldBe("RELATED");
        _bench.Pass(ConntrackBench.Outside, Packet.Icmp("203.0.113.7", "10.0.0.3", 3, 3, 0, question.Bytes));
        _bench.LastState.ShouldBe("INVALID");
        _bench.Pass(ConntrackBench.Outside, Packet.Icmp("203.0.113.7", "10.0.0.2", 3, 3, 0, question.Bytes[..23]));
        _bench.LastState.ShouldBe("INVALID");
    }

    [Fact]
    public void Checksum_Wrong_IsInvalidUnlessNobodyLooks()
    {
        Packet broken = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53").WithBadTransportChecksum();
        _bench.Pass(ConntrackBench.Inside, broken);
        _bench.LastState.ShouldBe("INVALID");
        _bench.Host.Sysctls["net.netfilter.nf_conntrack_checksum"] = "0";
        _bench.Pass(ConntrackBench.Inside, broken);
        _bench.LastState.ShouldBe("NEW");
    }

    [Fact]
    public void UdpLite_WithTheRightChecksum_IsInvalid()
    {
        _bench.Pass(ConntrackBench.Inside, Packet.UdpLite("10.0.0.2:10", "203.0.113.9:20"));
        _bench.LastState.ShouldBe("INVALID");
    }

    /// <summary>An association begins with an INIT that nobody has a tag for yet, and with nothing that only a known one has.</summary>
    [Theory]
    [InlineData(0u, "01000014 00000007 00010000 00010001 00000001", "NEW")]
    [InlineData(7u, "01000014 00000007 00010000 00010001 00000001", "INVALID")]
    [InlineData(0u, "01000010 00000007 00010000 00010001", "INVALID")]
    [InlineData(7u, "0b000004", "INVALID")]
    [InlineData(7u, "0e000004", "INVALID")]
    [InlineData(7u, "06000004", "INVALID")]
    [InlineData(7u, "03000010 00000001 00010000 00000000", "INVALID")]
    public void Sctp_FirstPacket_HasToBegin(uint tag, string chunk, string state)
    {
        _bench.Pass(ConntrackBench.Inside, new PacketBuilder
        {
            Source = "10.0.0.2",
            Destination = "203.0.113.9",
            SourcePort = 5000,
            DestinationPort = 80,
            Protocol = IpProtocols.Sctp,
            Tag = tag,
            Payload = [.. Convert.FromHexString(chunk.Replace(" ", "", StringComparison.Ordinal))],
        }.Build());
        _bench.LastState.ShouldBe(state);
    }

    [Fact]
    public void Sctp_Association_PassesThroughItsStates()
    {
        byte[] init = [1, 0, 0, 20, 0, 0, 0, 7, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
        byte[] initAck = [2, 0, 0, 20, 0, 0, 0, 9, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
        Sctp(true, 0, init).ShouldBe("CLOSED");
        Sctp(false, 7, initAck).ShouldBe("COOKIE_WAIT");
        Sctp(true, 9, [10, 0, 0, 4]).ShouldBe("COOKIE_ECHOED");
        Sctp(false, 7, [11, 0, 0, 4]).ShouldBe("ESTABLISHED");
        Sctp(true, 8, [0, 3, 0, 20, .. new byte[16]]).ShouldBe("ESTABLISHED");
        _bench.LastState.ShouldBe("INVALID");
        Sctp(true, 9, [7, 0, 0, 8, 0, 0, 0, 1]).ShouldBe("SHUTDOWN_SENT");
        Sctp(false, 7, [8, 0, 0, 4]).ShouldBe("SHUTDOWN_ACK_SENT");
        Sctp(true, 9, [14, 0, 0, 4]).ShouldBe("CLOSED");

        string Sctp(bool isForward, uint tag, byte[] chunks)
        {
            _bench.Pass(
                isForward ? ConntrackBench.Inside : ConntrackBench.Outside,
                isForward
                    ? Packet.Sctp("10.0.0.2:100", "203.0.113.9:200", tag, chunks)
                    : Packet.Sctp("203.0.113.9:200", "10.0.0.2:100", tag, chunks));
            return ConnectionText.NameOf(_bench.Host.Conntrack.Single().SctpState!.Value);
        }
    }

    [Fact]
    public void Fork_AndOriginal_DoNotSeeEachOther()
    {
        _bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:1", "203.0.113.9:53"));
        ConnectionTracker fork = _bench.Tracker.Fork();
        for (int i = 2; i < 3000; i++)
        {
            _bench.Pass(ConntrackBench.Inside, Packet.Udp($"10.0.0.2:{i}", "203.0.113.9:53"));
        }
        _bench.Tracker.Write(0).Mark = 7;
        (fork.Count, fork.Read(0).Mark).ShouldBe((1, 0u));
        fork.Kill(0, null).ShouldBeTrue();
        fork.EndWalk();
        (fork.Count, _bench.Tracker.Count).ShouldBe((0, 2999));
        _bench.Tracker.Table.Find(_bench.Tracker.Original(0), default, ConnectionTracker.JiffiesOf(_bench.Host.NowNanoseconds)).ShouldBe(0);
    }

    [Fact]
    public void Table_Full_GivesUpWhatTheSearchMeets()
    {
        // One connection lies in a chain that is searched, the second one; then none of the two left does.
        ConntrackBench bench = new(new ScriptedChance(1, 1, 0));
        bench.Host.Sysctls["net.netfilter.nf_conntrack_max"] = "2";
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:1", "203.0.113.9:53"));
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:2", "203.0.113.9:53"));

        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:3", "203.0.113.9:53")).ShouldNotBeNull();
        bench.Host.Conntrack.Select(entry => entry.Original.SourcePort).Order().ShouldBe([(ushort)1, (ushort)3]);
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:4", "203.0.113.9:53")).ShouldBeNull();
    }

    [Fact]
    public void Table_Full_RefusesWhenAllAreAssured()
    {
        ConntrackBench bench = new(new ScriptedChance());
        bench.Host.Sysctls["net.netfilter.nf_conntrack_max"] = "2";
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:1", "203.0.113.9:53"));
        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:2", "203.0.113.9:53"));
        foreach (ConntrackEntry entry in bench.Host.Conntrack)
        {
            bench.Tracker.Write(entry.Id).Status |= ConnectionStatus.Assured;
        }

        bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:3", "203.0.113.9:53")).ShouldBeNull();
        bench.Pass(ConntrackBench.Outside, Packet.Udp("203.0.113.9:53", "10.0.0.2:2")).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("10.0.0.2", "203.0.113.9")]
    [InlineData("fd00::2", "2001:db8::9")]
    public void Connections_ByTheThousand_AreAllFoundAndAllForgotten(string client, string server)
    {
        NetEndpoint to = new(server, 53);
        for (ushort port = 1; port <= 5000; port++)
        {
            _bench.Pass(ConntrackBench.Inside, Packet.Udp(new NetEndpoint(client, port), to));
        }
        for (ushort port = 1; port <= 5000; port++)
        {
            _bench.Pass(ConntrackBench.Outside, Packet.Udp(to, new NetEndpoint(client, port)));
            _bench.LastState.ShouldBe("ESTABLISHED");
        }
        _bench.Tracker.Count.ShouldBe(5000);
        _bench.Clock.Advance(TimeSpan.FromSeconds(31));
        _bench.Tracker.CollectExpired(ConnectionTracker.JiffiesOf(_bench.Host.NowNanoseconds));
        _bench.Tracker.EndWalk();
        (_bench.Tracker.Count, _bench.Tracker.Table.Hashed).ShouldBe((0, 0));
    }

    [Fact]
    public void EstablishedPacket_Tracked_AllocatesNothing()
    {
        Packet question = Packet.Udp("10.0.0.2:5000", "203.0.113.9:53");
        _bench.Pass(ConntrackBench.Inside, question);
        PacketBuffer buffer = new();
        buffer.Load(question.Bytes);
        _bench.Host.Context.Begin(_bench.Host.NowNanoseconds, Sim.Engine.DiscardingSink.Instance);
        Track();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Track();
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Track()
        {
            (buffer.Connection, buffer.ConntrackInfo) = (-1, ConntrackInfo.None);
            _bench.Tracker.Track(Sim.Engine.Hook.PreRouting, buffer, _bench.Host.Context);
        }
    }
}
