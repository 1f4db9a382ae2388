using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests;

public class NetworkNamespaceEditTests
{
    private const string Rules = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :A - [0:0]
        :B - [0:0]
        -A INPUT -p tcp -j A
        -A A -p tcp -m tcp --dport 80 -j B
        -A B -m limit --limit 1/min --limit-burst 1 -j ACCEPT
        COMMIT

        """;

    [Fact]
    public void Edit_OneChain_LeavesCountersOfTheOthersAndOfPolicies()
    {
        NetworkNamespace host = Host();
        host.Receive("eth0", Packet.Tcp("10.0.0.2:1000", "10.0.0.1:80", TcpFlags.Syn));
        host.Receive("eth0", Packet.Tcp("10.0.0.2:1000", "10.0.0.1:80", TcpFlags.Syn));
        string before = host.Save(counters: true);

        host.Edit("filter", table => table.With(new Chain("C", RuleSequence.Empty)));
        string with = host.Save(counters: true);
        host.Edit("filter", table => table.Without("C"));

        before.ShouldContain(":INPUT ACCEPT [1:40]");
        before.ShouldContain("[2:80] -A A -p tcp");
        with.ShouldBe(before.Replace(":B - [0:0]\n", ":B - [0:0]\n:C - [0:0]\n", StringComparison.Ordinal));
        host.Save(counters: true).ShouldBe(before);
    }

    [Fact]
    public void Edit_ThatTheKernelRefuses_ChangesNothing()
    {
        NetworkNamespace host = Host();
        string before = host.Save(counters: true);

        Should.Throw<RulesetLoadException>(() => host.Edit("filter", table => table.Without("B")));
        Should.Throw<RulesetLoadException>(() => host.Edit("filter", table => table.With(
            table.Find("B")! with { Rules = RuleSequence.Create([new Rule(table.Find("A")!.Rules[0].Ip, [], new JumpTarget("A"))]) })));

        host.Save(counters: true).ShouldBe(before);
    }

    [Fact]
    public void Edit_OneOfTwoForks_IsNotSeenByTheOther()
    {
        NetworkNamespace host = Host();
        NetworkNamespace fork = host.Fork();

        fork.Edit("filter", table => table.With(table.Find("A")! with { Rules = RuleSequence.Empty }).Without("B"));

        host.Save().ShouldContain("-A A -p tcp");
        fork.Save().ShouldNotContain("-A A -p tcp");
    }

    [Fact]
    public void Edit_UnknownTable_IsRefused() =>
        Should.Throw<ArgumentException>(() => Host().Edit("cheese", table => table)).Message.ShouldStartWith("There is no table cheese.");

    private static NetworkNamespace Host()
    {
        NetworkNamespace host = new("host") { LocalStack = LocalStackMode.Sink };
        host.AddInterface("eth0", "10.0.0.1/24");
        host.Restore(Rules);
        return host;
    }
}
