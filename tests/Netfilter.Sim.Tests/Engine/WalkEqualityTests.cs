using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Tests.Engine;

public class WalkEqualityTests
{
    private static readonly Gen<(string[] Lines, byte[][] Packets)> Cases =
        from lines in TableGenerators.Table
        from packets in TableGenerators.Packet.ArrayOf(20)
        select (lines, packets);

    [Fact]
    public void Walk_RandomTables_IndexedLinearWatchedAndNaiveAgree()
    {
        int indexed = 0, drops = 0;
        Prop.ForAll(Cases.ToArbitrary(), example =>
        {
            Table table = RuleLines.Filter(example.Lines);
            TableBench fast = new(), linear = new(), watched = new();
            NaiveWalker naive = new(table, new NetworkNamespace("naive").Context);
            fast.Load(table);
            linear.Load(table);
            watched.Load(table);
            PacketBuffer buffer = new();
            foreach (byte[] packet in example.Packets)
            {
                (Verdict verdict, Walk walk) = fast.Pass(packet, watches: false, traces: true);
                (Verdict linearVerdict, Walk linearWalk) = linear.Pass(packet, watches: false, isLinear: true, traces: true);
                (Verdict watchedVerdict, Walk watchedWalk) = watched.Pass(packet, traces: true);
                buffer.Load(packet);
                (buffer.InDevice, buffer.OutDevice) = (TableBench.Eth0, TableBench.Eth1);
                naive.Tried.Clear();
                naive.Walk(Hook.Forward, buffer).ShouldBe(verdict);
                linearVerdict.ShouldBe(verdict);
                watchedVerdict.ShouldBe(verdict);
                linearWalk.Fate.ShouldBe(walk.Fate);
                watchedWalk.Fate.ToString().ShouldBe(walk.Fate.ToString());
                linearWalk.TraceLines.ShouldBe(walk.TraceLines);
                watchedWalk.TraceLines.ShouldBe(walk.TraceLines);
                Tried(watchedWalk).ShouldBe(naive.Tried);
                indexed += buffer.HasTransport && buffer.FragmentOffset == 0 ? 1 : 0;
                drops += verdict == Verdict.Drop ? 1 : 0;
            }
            foreach (Chain chain in table.Chains)
            {
                string counters = fast.Counters(chain.Name);
                linear.Counters(chain.Name).ShouldBe(counters);
                watched.Counters(chain.Name).ShouldBe(counters);
                int count = chain.Rules.Count + (chain.IsBuiltIn ? 1 : 0);
                string.Join(' ', Enumerable.Range(0, count).Select(i => naive.CountersOf(chain.Name, i))).ShouldBe(counters);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20261122, 7));
        indexed.ShouldBeGreaterThan(1000);
        drops.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Walk_SameSeedTwice_GivesTheSameTraceByteForByte()
    {
        (string[] lines, byte[][] packets) = Cases.Sample(20, new Rnd(5, 7), 1).First();
        Explanation(lines, packets).ShouldBe(Explanation(lines, packets));
    }

    private static string Explanation(string[] lines, byte[][] packets)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(lines));
        return string.Concat(packets.Select(packet => bench.Pass(packet).Walk.Explain()));
    }

    private static IEnumerable<string> Tried(Walk walk) => walk.Steps.OfType<RuleStep>().Select(step =>
    {
        MatchAnswer answer = step.IsMatch ? MatchAnswer.Yes
            : step.Failed == RuleCondition.Match ? step.MatchResult.Answer : MatchAnswer.No;
        return FormattableString.Invariant($"{step.Place.Chain.Name}:{step.Place.Number}:{answer}");
    });
}
