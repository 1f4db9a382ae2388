using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

public class ChainWalkerTests
{
    private static readonly Packet Syn = Packet.Tcp("10.0.0.1:40000", "10.9.0.1:80", TcpFlags.Syn);

    public static TheoryData<string, string, string, string> Ways => new()
    {
        { "empty", "", "Accept", "[1:40]" },
        { "policy", "FORWARD policy DROP", "Drop", "[1:40]" },
        { "no target", "FORWARD p=tcp;FORWARD j=DROP", "Drop", "[1:40] [1:40] [0:0]" },
        { "first verdict wins", "FORWARD j=ACCEPT;FORWARD j=DROP", "Accept", "[1:40] [0:0] [0:0]" },
        { "RETURN in a built-in chain", "FORWARD j=RETURN;FORWARD j=DROP", "Accept", "[1:40] [0:0] [1:40]" },
        { "jump and back", "FORWARD j=a;FORWARD j=DROP;a s=9.9.9.9", "Drop", "[1:40] [1:40] [0:0]" },
        { "RETURN of a jump", "FORWARD j=a;FORWARD j=DROP;a j=RETURN;a j=ACCEPT", "Drop", "[1:40] [1:40] [0:0]" },
        { "goto ends the built-in chain", "FORWARD g=a;FORWARD j=DROP;a s=9.9.9.9", "Accept", "[1:40] [0:0] [1:40]" },
        { "RETURN of a goto", "FORWARD g=a;FORWARD j=DROP;a j=RETURN", "Accept", "[1:40] [0:0] [1:40]" },
        { "goto returns to the caller's caller", "FORWARD j=a;FORWARD j=DROP;a g=b;a j=ACCEPT;b p=tcp", "Drop", "[1:40] [1:40] [0:0]" },
        { "jump to an empty chain", "FORWARD j=a;FORWARD p=tcp;a", "Accept", "[1:40] [1:40] [1:40]" },
        { "QUEUE without a listener", "FORWARD j=QUEUE", "Queue", "[1:40] [0:0]" },
        { "hotdrop counts nothing", "FORWARD m=HotDrop;FORWARD j=ACCEPT", "Drop", "[0:0] [0:0] [0:0]" },
        { "unknown stops", "FORWARD m=Unknown j=ACCEPT;FORWARD j=ACCEPT", "Unknown", "[0:0] [0:0] [0:0]" },
        { "all matches must hold", "FORWARD m=Yes m=No j=DROP;FORWARD m=Yes m=Yes j=DROP", "Drop", "[0:0] [1:40] [0:0]" },
    };

    public static TheoryData<string, bool> Conditions => new()
    {
        { "s=10.0.0.1", true },
        { "s=10.0.0.2", false },
        { "s!=10.0.0.1", false },
        { "s=10.0.0.0/8", true },
        { "s=0.0.0.1/0.0.0.255", true },
        { "d!=10.9.0.0/16", false },
        { "d=10.9.0.1 p=tcp", true },
        { "i=eth0", true },
        { "i=eth", false },
        { "i=eth+", true },
        { "i=+", true },
        { "i!=+", false },
        { "i!=eth1", true },
        { "o=eth1", true },
        { "o=eth0", false },
        { "o!=eth0 i!=eth1", true },
        { "i=eth00", false },
        { "p=tcp", true },
        { "p!=tcp", false },
        { "p=262", false },
        { "f", false },
        { "f!", true },
        { "p=tcp dport=80", true },
        { "p=tcp dport!=80", false },
        { "p=udp dport=80", false },
        { "comment=x", true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Walk_ChainsAndVerdicts_EndsAndCountsAsTheKernel(string what, string lines, string verdict, string counters)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(lines.Split(';', StringSplitOptions.RemoveEmptyEntries)));
        foreach (bool watches in new[] { false, true })
        {
            bench.Pass(Syn.Bytes, watches: watches).Verdict.ToString().ShouldBe(verdict, what);
        }
        bench.Counters("FORWARD").ShouldBe(Doubled(counters), what);
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Walk_BaseConditions_MatchAsTheKernel(string condition, bool matches)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter($"FORWARD {condition} j=DROP"));
        bench.Pass(Syn.Bytes, watches: false).Verdict.ShouldBe(matches ? Verdict.Drop : Verdict.Accept);
        bench.Pass(Syn.Bytes, watches: true).Verdict.ShouldBe(matches ? Verdict.Drop : Verdict.Accept);
    }

    [Theory]
    [InlineData("f", true)]
    [InlineData("f!", false)]
    [InlineData("p=tcp", true)]
    [InlineData("p=tcp dport=80", false)]
    public void Walk_LaterFragment_MatchesByHeaderOnly(string condition, bool matches)
    {
        byte[] fragment = Syn.ToArray();
        fragment[7] = 100;
        TableBench bench = new();
        bench.Load(RuleLines.Filter($"FORWARD {condition} j=DROP"));
        bench.Pass(fragment).Verdict.ShouldBe(matches ? Verdict.Drop : Verdict.Accept);
    }

    [Theory]
    [InlineData("p=tcp", "Drop")]
    [InlineData("s=2001:db8::9 p=tcp", "Accept")]
    [InlineData("d=2001:db8::2", "Accept")]
    public void Walk_BrokenIPv6Headers_DropsAtTheFirstRuleThatAsksForTheProtocol(string condition, string verdict)
    {
        byte[] packet = Packet.Tcp("[2001:db8::1]:1", "[2001:db8::2]:80", TcpFlags.Syn).ToArray();
        packet[6] = 60; // destination options that lead far beyond the packet
        packet[41] = 255;
        TableBench bench = new(IpFamily.IPv6);
        bench.Load(RuleLines.Table(TableDefinition.Filter, IpFamily.IPv6, $"FORWARD {condition}"));
        foreach (bool watches in new[] { false, true })
        {
            bench.Pass(packet, watches: watches).Verdict.ToString().ShouldBe(verdict);
        }
        bench.Counters("FORWARD").ShouldStartWith(condition[0] == 'd' ? "[2:120] " : "[0:0] ");
    }

    [Theory]
    [InlineData("FORWARD policy DROP", "Dropped by filter/FORWARD policy")]
    [InlineData("FORWARD s=9.9.9.9;FORWARD j=DROP", "Dropped by filter/FORWARD rule 2")]
    [InlineData("FORWARD j=a;a j=DROP", "Dropped by filter/a rule 1")]
    [InlineData("FORWARD m=HotDrop", "Dropped by filter/FORWARD rule 1: the packet is malformed")]
    [InlineData("FORWARD m=Unknown", "Unknown at filter/FORWARD rule 1: -m fixed: nobody knows")]
    [InlineData("FORWARD j=QUEUE", "Dropped by filter/FORWARD rule 1: queued, and nobody listens")]
    [InlineData("FORWARD j=ACCEPT", "Forwarded to eth1")]
    public void Walk_Fate_NamesTheRule(string lines, string fate)
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(lines.Split(';')));
        bench.Pass(Syn.Bytes, watches: false).Walk.Fate.ToString().ShouldBe(fate);
    }

    [Fact]
    public void Walk_TracedPacket_GivesTheKernelsLines()
    {
        TableBench bench = new();
        bench.Load(RuleLines.Filter(
            "FORWARD p=tcp", "FORWARD s=9.9.9.9", "FORWARD j=a", "FORWARD j=RETURN", "a p=tcp", "a g=b", "b comment=x j=RETURN"));
        bench.Pass(Syn.Bytes, traces: true).Walk.TraceLines.ShouldBe([
            "filter:FORWARD:rule:1", "filter:FORWARD:rule:3", "filter:a:rule:1", "filter:a:rule:2", "filter:b:rule:1",
            "filter:FORWARD:policy:4", "filter:FORWARD:policy:5"]);
        bench.Load(RuleLines.Filter("FORWARD j=a", "a j=RETURN", "INPUT j=ACCEPT"));
        bench.Pass(Syn.Bytes, traces: true).Walk.TraceLines.ShouldBe([
            "filter:FORWARD:rule:1", "filter:a:return:1", "filter:FORWARD:policy:2"]);
        bench.Load(RuleLines.Filter("FORWARD j=a", "a s=9.9.9.9"));
        bench.Pass(Syn.Bytes, traces: true).Walk.TraceLines.ShouldBe([
            "filter:FORWARD:rule:1", "filter:a:return:2", "filter:FORWARD:policy:2"]);
    }

    [Fact]
    public void Walk_DeepJumps_NeedsNoRecursion()
    {
        const int Depth = 5000;
        List<string> lines = ["FORWARD j=c0"];
        for (int i = 0; i < Depth; i++)
        {
            lines.Add(i + 1 < Depth
                ? string.Create(CultureInfo.InvariantCulture, $"c{i} j=c{i + 1}")
                : string.Create(CultureInfo.InvariantCulture, $"c{i} s=9.9.9.9"));
        }
        TableBench bench = new();
        bench.Load(RuleLines.Filter([.. lines]));
        bench.Pass(Syn).ShouldBe(Verdict.Accept);
        bench.Counters("FORWARD").ShouldBe("[1:40] [1:40]");
    }

    private static string Doubled(string counters) => counters.Replace("[1:40]", "[2:80]", StringComparison.Ordinal);
}
