using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

// The numbers are those of iptables-legacy 1.8.9 on Linux 6.18, asked step by step.
public class TableReplaceTests
{
    private static readonly Packet Syn = Packet.Tcp("10.0.0.1:40000", "10.9.0.1:80", TcpFlags.Syn);

    [Fact]
    public void Replace_RuleAppendedElsewhere_KeepsRuleCountersAndZeroesPolicies()
    {
        TableBench bench = Bench("FORWARD p=tcp", "FORWARD s=9.9.9.9");
        Edit(bench, table => Append(table, "INPUT", "s=5.5.5.5"));
        bench.Counters("FORWARD").ShouldBe("[2:80] [0:0] [0:0]");
    }

    [Fact]
    public void Replace_RuleInserted_CountersFollowTheRules()
    {
        TableBench bench = Bench("FORWARD p=tcp", "FORWARD d=10.9.0.1");
        Edit(bench, table => With(table, "FORWARD", rules => rules.Insert(1, RuleLines.Rule(table.Family(), "s=9.9.9.9"))));
        bench.Counters("FORWARD").ShouldBe("[2:80] [0:0] [2:80] [0:0]");
        Edit(bench, table => With(table, "FORWARD", rules => rules.RemoveAt(0)));
        bench.Counters("FORWARD").ShouldBe("[0:0] [2:80] [0:0]");
    }

    [Fact]
    public void Replace_EqualRuleInPlace_StartsAtZero()
    {
        TableBench bench = Bench("FORWARD p=tcp");
        Edit(bench, table => With(table, "FORWARD", rules => rules.SetItem(0, RuleLines.Rule(table.Family(), "p=tcp"))));
        bench.Counters("FORWARD").ShouldBe("[0:0] [0:0]");
    }

    [Fact]
    public void Replace_SameRuleObjectTwice_EachKeepsItsOwnCounters()
    {
        Rule shared = RuleLines.Rule(IpFamily.IPv4, "p=tcp");
        TableBench bench = new();
        Table table = Table.Empty(TableDefinition.Filter);
        bench.Load(table.With(new Chain("FORWARD", RuleSequence.Create([shared, shared]), ChainPolicy.Accept)));
        bench.Filter.SetCounters("FORWARD", 1, new RuleCounters(5, 50));
        Edit(bench, known => With(known, "FORWARD", rules => rules.Insert(1, RuleLines.Rule(known.Family(), "s=9.9.9.9"))));
        bench.Counters("FORWARD").ShouldBe("[0:0] [0:0] [5:50] [0:0]");
    }

    [Fact]
    public void Replace_ChainRenamed_KeepsCounters()
    {
        TableBench bench = Bench("FORWARD j=u", "u p=tcp");
        Edit(bench, table =>
        {
            Chain renamed = table.Find("u")! with { Name = "v" };
            RuleCounters counters = bench.Filter.CountersOf("FORWARD", 0);
            return With(table.With(renamed), "FORWARD", rules => rules.SetItem(0, RuleLines.Rule(table.Family(), "j=v"), counters))
                .Without("u");
        });
        bench.Counters("FORWARD").ShouldBe("[2:80] [0:0]");
        bench.Counters("v").ShouldBe("[2:80]");
        bench.Pass(Syn);
        bench.Counters("v").ShouldBe("[3:120]");
    }

    [Fact]
    public void Replace_WholeTableWithoutKeeping_TakesTheTextsCounters()
    {
        TableBench bench = Bench("FORWARD p=tcp");
        Table same = bench.Filter.Current;
        bench.Load(same, keepsCounters: false);
        bench.Counters("FORWARD").ShouldBe("[0:0] [0:0]");
        Chain counted = same.Find("FORWARD")! with
        {
            PolicyCounters = new RuleCounters(7, 7),
            Rules = RuleSequence.Empty.Insert(0, RuleLines.Rule(same.Family(), "p=tcp"), new RuleCounters(3, 3)),
        };
        bench.Load(same.With(counted), keepsCounters: false);
        bench.Counters("FORWARD").ShouldBe("[3:3] [7:7]");
        Edit(bench, table => Append(table, "INPUT", "s=5.5.5.5"));
        bench.Counters("FORWARD").ShouldBe("[3:3] [0:0]");
    }

    [Fact]
    public void Replace_AnyChange_RestartsTheStatesOfAllRules()
    {
        TableBench bench = Bench("FORWARD limit=2 j=DROP");
        bench.Pass(Syn).ShouldBe(Verdict.Accept);
        Edit(bench, table => Append(table, "INPUT", "s=5.5.5.5"));
        bench.Pass(Syn).ShouldBe(Verdict.Drop);
        bench.Pass(Syn).ShouldBe(Verdict.Drop);
        bench.Pass(Syn).ShouldBe(Verdict.Accept);
        bench.Counters("FORWARD").ShouldBe("[4:160] [1:40]");
    }

    [Fact]
    public void Replace_ChainsComeAndGo_SlotsAreUsedAgain()
    {
        TableBench bench = Bench("FORWARD p=tcp");
        for (int round = 0; round < 5; round++)
        {
            Edit(bench, table => Append(table.With(new Chain("u", RuleSequence.Empty)), "u", "p=tcp", "j=DROP"));
            Edit(bench, table => With(table, "FORWARD", rules => rules.Insert(0, RuleLines.Rule(table.Family(), "j=u"))));
            bench.Pass(Syn).ShouldBe(Verdict.Drop);
            Edit(bench, table => With(table, "FORWARD", rules => rules.RemoveAt(0)).Without("u"));
            bench.Pass(Syn).ShouldBe(Verdict.Accept);
        }
        bench.Counters("FORWARD").ShouldBe("[7:280] [1:40]");
        bench.Filter.Current.UserChainCount.ShouldBe(0);
    }

    [Fact]
    public void Snapshot_AfterPackets_HoldsRulesAndLiveCounters()
    {
        TableBench bench = Bench("FORWARD p=tcp", "FORWARD j=u", "u s=9.9.9.9");
        Chain forward = bench.Filter.Snapshot().Find("FORWARD")!;
        forward.Rules.CountersOf(0).ShouldBe(new RuleCounters(2, 80));
        forward.PolicyCounters.ShouldBe(new RuleCounters(2, 80));
        forward.Rules[1].ShouldBeSameAs(bench.Filter.Current.Find("FORWARD")!.Rules[1]);
        bench.Filter.Snapshot().Find("u")!.Rules.CountersOf(0).ShouldBe(default);
    }

    [Fact]
    public void Require_Tables_ListsTheNewestFirst()
    {
        TableBench bench = new();
        bench.Xtables.Require(TableDefinition.Filter);
        bench.Xtables.Require(TableDefinition.Nat);
        bench.Xtables.Require(TableDefinition.Filter);
        bench.Xtables.Ruleset.Tables.Select(table => table.Name).ShouldBe(["nat", "filter"]);
        bench.Host.Hooks.List(IpFamily.IPv4, Hook.LocalIn).Select(entry => entry.Priority).ShouldBe([0, 100]);
    }

    // Loaded, and passed twice by a SYN.
    private static TableBench Bench(params string[] lines)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(lines));
        bench.Pass(Syn);
        bench.Pass(Syn);
        return bench;
    }

    private static void Edit(TableBench bench, Func<Table, Table> edit) =>
        bench.Load(edit(bench.Filter.Current), keepsCounters: true);

    private static Table Append(Table table, string chain, params string[] words) =>
        With(table, chain, rules => rules.Insert(rules.Count, RuleLines.Rule(table.Family(), words)));

    private static Table With(Table table, string chain, Func<RuleSequence, RuleSequence> edit)
    {
        Chain known = table.Find(chain)!;
        return table.With(known with { Rules = edit(known.Rules) });
    }
}

file static class TableFamily
{
    public static IpFamily Family(this Table table) =>
        table.Chains.SelectMany(chain => chain.Rules).FirstOrDefault()?.Family ?? IpFamily.IPv4;
}
