using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Tests.Engine;

public class WalkEqualityTests
{
    private static Gen<(string[] Lines, (byte[], uint)[] Packets)> Cases(IpFamily family)
    {
        TableGenerators generators = new(family);
        Gen<(byte[], uint)> packet =
            from bytes in generators.Packet
            from mark in Gen.Elements(0u, 0u, 7u)
            select (bytes, mark);
        return
            from lines in generators.Table
            from packets in packet.ArrayOf(20)
            select (lines, packets);
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Walk_RandomTables_IndexedLinearWatchedAndNaiveAgree(IpFamily family)
    {
        int indexed = 0, drops = 0;
        Prop.ForAll(Cases(family).ToArbitrary(), example =>
        {
            Table table = RuleLines.Table(TableDefinition.Filter, family, example.Lines);
            TableBench fast = new(family), linear = new(family), watched = new(family);
            NaiveWalker naive = new(table, new NetworkNamespace("naive").Context);
            fast.Load(table);
            linear.Load(table);
            watched.Load(table);
            PacketBuffer buffer = new();
            foreach ((byte[] packet, uint mark) in example.Packets)
            {
                (Verdict verdict, Walk walk) = fast.Pass(packet, watches: false, traces: true, mark: mark);
                (Verdict linearVerdict, Walk linearWalk) = linear.Pass(packet, watches: false, isLinear: true, traces: true, mark: mark);
                (Verdict watchedVerdict, Walk watchedWalk) = watched.Pass(packet, traces: true, mark: mark);
                buffer.Load(packet);
                (buffer.InDevice, buffer.OutDevice, buffer.Mark) = (TableBench.Eth0, TableBench.Eth1, mark);
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

    // Services with three endpoints each.
    [Fact]
    public void Walk_LargeTable_IndexedAndLinearAgree()
    {
        List<string> lines = ["FORWARD j=SERVICES", "FORWARD policy DROP"];
        for (int i = 0; i < 600; i++)
        {
            string address = $"10.96.{i / 250}.{i % 250}";
            lines.Add($"SERVICES d={address}/32 p=tcp dport=80 j=SVC-{i}");
            lines.Add($"SVC-{i} s!=10.0.0.0/8 j=MARK");
            for (int e = 0; e < 3; e++)
            {
                lines.Add($"SVC-{i} {(e < 2 ? $"chance={(e + 1) << 29}" : "")} j=SEP-{i}-{e}");
                lines.AddRange([$"SEP-{i}-{e} s=10.128.{i / 250}.{i % 250}/32 j=MARK", $"SEP-{i}-{e} p=tcp j=ACCEPT"]);
            }
        }
        lines.Add("MARK mark=7 j=RETURN");
        Table table = RuleLines.Filter([.. lines]);
        table.Chains.Sum(chain => chain.Rules.Count).ShouldBeGreaterThan(6000);
        TableBench fast = new(), linear = new();
        fast.Load(table);
        linear.Load(table);
        Random random = new(3);
        int accepted = 0;
        for (int i = 0; i < 2000; i++)
        {
            int service = random.Next(605);
            Packet packet = Packet.Tcp(
                $"{random.Next(9, 12)}.128.{service / 250}.{service % 250}:4000", $"10.96.{service / 250}.{service % 250}:80", TcpFlags.Syn);
            (Verdict verdict, _) = fast.Pass(packet.Bytes, watches: false, mark: 7);
            linear.Pass(packet.Bytes, watches: false, isLinear: true, mark: 7).Verdict.ShouldBe(verdict);
            accepted += verdict == Verdict.Accept ? 1 : 0;
        }
        accepted.ShouldBeInRange(1900, 1999);
        foreach (Chain chain in table.Chains)
        {
            linear.Counters(chain.Name).ShouldBe(fast.Counters(chain.Name));
        }
    }

    [Fact]
    public void Walk_SameSeedTwice_GivesTheSameTraceByteForByte()
    {
        (string[] lines, (byte[], uint)[] packets) = Cases(IpFamily.IPv4).Sample(20, new Rnd(5, 7), 1).First();
        Explanation(lines, packets).ShouldBe(Explanation(lines, packets));
    }

    private static string Explanation(string[] lines, (byte[] Bytes, uint Mark)[] packets)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(lines));
        return string.Concat(packets.Select(packet => bench.Pass(packet.Bytes, mark: packet.Mark).Walk.Explain()));
    }

    private static IEnumerable<string> Tried(Walk walk) => walk.Steps.OfType<RuleStep>().Select(step =>
    {
        MatchAnswer answer = step.IsMatch ? MatchAnswer.Yes
            : step.Failed == RuleCondition.BrokenHeaders ? MatchAnswer.HotDrop
            : step.Failed == RuleCondition.Match ? step.MatchResult.Answer : MatchAnswer.No;
        return FormattableString.Invariant($"{step.Place.Chain.Name}:{step.Place.Number}:{answer}");
    });
}
