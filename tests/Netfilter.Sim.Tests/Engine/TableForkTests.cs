using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

public class TableForkTests
{
    private static readonly byte[] Syn = Packet.Tcp("10.0.0.1:40000", "10.9.0.1:80", TcpFlags.Syn).ToArray();

    [Fact]
    public void Fork_PacketsAndEdits_NeitherSideSeesTheOther()
    {
        TableBench origin = new();
        origin.Load(RuleLines.Filter("FORWARD p=tcp", "FORWARD j=a", "a d=10.9.0.1"));
        origin.Pass(Syn);
        TableInstance fork = origin.Filter.Fork();
        PacketBuffer buffer = new();
        buffer.Load(Syn);
        WalkContext walk = new(origin.Host);
        walk.Begin(0, DiscardingSink.Instance);
        fork.Walk(Hook.Forward, buffer, walk);
        Table edited = fork.Current.With(new Chain("b", RuleSequence.Empty))
            .With(fork.Current.Find("a")! with { Rules = RuleSequence.Create([RuleLines.Rule(IpFamily.IPv4, "j=DROP")]) });
        fork.Replace(edited, keepsCounters: true, origin.Host.States);
        fork.Walk(Hook.Forward, buffer, walk).ShouldBe(Verdict.Drop);
        fork.CountersOf("FORWARD", 0).ShouldBe(new RuleCounters(3, 120));

        origin.Counters("FORWARD").ShouldBe("[1:40] [1:40] [1:40]");
        origin.Pass(Syn, watches: false).Verdict.ShouldBe(Verdict.Accept);
        origin.Counters("a").ShouldBe("[2:80]");
        origin.Filter.Current.Find("b").ShouldBeNull();
        fork.CountersOf("FORWARD", 0).ShouldBe(new RuleCounters(3, 120));
        fork.CountersOf("a", 0).ShouldBe(new RuleCounters(1, 40));
    }
}
