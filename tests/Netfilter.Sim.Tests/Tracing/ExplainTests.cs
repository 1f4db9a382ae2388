using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tests.Engine;

namespace Netfilter.Sim.Tests.Tracing;

public class ExplainTests
{
    private static readonly string[] Lines =
    [
        "FORWARD i=eth1",
        "FORWARD j=services",
        "FORWARD comment=dns p=udp dport=53 j=ACCEPT",
        "FORWARD policy DROP",
        .. Enumerable.Range(1, 20).Select(i => FormattableString.Invariant($"services d=10.9.0.{i} p=tcp comment=web dport=80 j=end")),
        "end s=10.0.0.9 j=DROP",
        "end g=other",
        "other s!=10.0.0.0/8 j=DROP",
        "INPUT p=udp dport=53 j=ACCEPT",
        "INPUT m=Unknown j=DROP",
        "OUTPUT o=eth0 j=ACCEPT",
    ];

    [Fact]
    public void Explain_ForwardedAndDroppedByPolicy_ShowsChainsAndFoldsLongRuns()
    {
        NetworkNamespace host = Router();
        Walk walk = host.Receive("eth0", Packet.Tcp("10.0.0.1:40000", "10.9.0.15:80", TcpFlags.Syn));
        GoldenFile.ShouldHold("forward-policy-drop", walk.Explain());
    }

    [Fact]
    public void Explain_EveryRule_FoldsNothing()
    {
        Walk walk = Router().Receive("eth0", Packet.Udp("10.0.0.1:40000", "10.9.0.15:53"));
        GoldenFile.ShouldHold("forward-every-rule", walk.Explain(showsEveryRule: true));
        GoldenFile.ShouldHold("forward-near-miss", walk.Explain());
        walk.Fate.ToString().ShouldBe("Forwarded to eth1");
    }

    [Fact]
    public void Explain_NoRoute_ShowsTheHostsAnswerAsAPacketOfItsOwn()
    {
        Walk walk = Router().Receive("eth0", Packet.Tcp("10.0.0.1:40000", "10.77.0.1:80", TcpFlags.Syn));
        GoldenFile.ShouldHold("no-route", walk.Explain());
        walk.Lives.Select(life => life.Cause).ShouldBe([LifeCause.Received, LifeCause.Answered]);
    }

    [Fact]
    public void Explain_SomethingNotModelled_SaysWhereAndWhy()
    {
        Walk walk = Router().Receive("eth0", Packet.Tcp("10.0.0.1:40000", "10.0.0.254:80", TcpFlags.Syn));
        GoldenFile.ShouldHold("not-modelled", walk.Explain());
        walk.Fate.Kind.ShouldBe(FateKind.Unknown);
    }

    [Fact]
    public void Explain_Unwatched_TellsFatesOnly()
    {
        Walk walk = Router().Receive(
            "eth0", Packet.Tcp("10.0.0.1:40000", "10.77.0.1:80", TcpFlags.Syn), WalkOptions.Unwatched);
        walk.Steps.ShouldBeEmpty();
        GoldenFile.ShouldHold("unwatched", walk.Explain());
    }

    private static NetworkNamespace Router()
    {
        NetworkNamespace host = new("router");
        host.AddInterface("eth0", "10.0.0.254/24");
        host.AddInterface("eth1", "10.9.0.254/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        new TableBench(host: host).Load(RuleLines.Filter(Lines));
        host.Xtables(IpFamily.IPv4).Require(TableDefinition.Mangle);
        return host;
    }
}
