using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

public class LoopFinderTests
{
    // Each was tried with iptables-legacy on Linux 6.18.
    [Theory]
    [InlineData("FORWARD j=a;a j=b;b j=a", true)]
    [InlineData("FORWARD g=a;a g=a", true)]
    [InlineData("a j=b;b j=a", false)]
    [InlineData("FORWARD j=a;a j=ACCEPT;a j=a", false)]
    [InlineData("FORWARD j=a;a p=tcp j=ACCEPT;a j=a", true)]
    [InlineData("FORWARD j=a;FORWARD j=b;INPUT j=a;a j=b;b", false)]
    public void Load_Loop_IsRefusedWhereTheKernelRefuses(string lines, bool isRefused)
    {
        TableBench bench = new();
        Table table = RuleLines.Filter(lines.Split(';'));
        if (isRefused)
        {
            Should.Throw<RulesetLoadException>(() => bench.Load(table)).Reason.ShouldBe("the chain leads back to itself");
            bench.Filter.Current.UserChainCount.ShouldBe(0);
        }
        else
        {
            bench.Load(table);
            bench.Pass(Packet.Udp("10.0.0.1:1", "10.0.0.2:2")).ShouldBe(Verdict.Accept);
        }
    }

    [Fact]
    public void Load_UnknownChain_NamesTheRule()
    {
        TableBench bench = new();
        RulesetLoadException error = Should.Throw<RulesetLoadException>(
            () => bench.Load(RuleLines.Filter("FORWARD p=tcp", "FORWARD j=nowhere")));
        error.Message.ShouldBe("filter/FORWARD rule 2: there is no chain 'nowhere'.");
        Should.Throw<RulesetLoadException>(() => bench.Load(RuleLines.Filter("FORWARD j=INPUT")));
    }

    [Fact]
    public void Replace_RemovesAChainThatIsUsed_IsRefused()
    {
        TableBench bench = new();
        Table table = RuleLines.Filter("FORWARD j=a", "a p=tcp");
        bench.Load(table);
        Should.Throw<RulesetLoadException>(() => bench.Load(table.Without("a"))).Reason.ShouldBe("there is no chain 'a'");
        bench.Pass(Packet.Tcp("10.0.0.1:1", "10.0.0.2:2", TcpFlags.Syn));
        bench.Counters("a").ShouldBe("[1:40]");
    }
}
