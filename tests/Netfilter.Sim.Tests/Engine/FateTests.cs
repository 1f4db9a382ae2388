using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>What is said of a packet's end, and who is named for it.</summary>
public sealed class FateTests
{
    private static readonly Chain Chain = new("FORWARD", RuleSequence.Create([RuleLines.Rule(IpFamily.IPv4, "j=DROP")]), ChainPolicy.Accept);
    private static readonly RulePlace Rule = new("filter", Chain, 1), Policy = new("filter", Chain, 0);

    [Fact]
    public void ToString_EveryKind_NamesWhoDecidedAndWhy()
    {
        default(Fate).ToString().ShouldBe("Undecided");
        Fate.Forwarded(TableBench.Eth0).ToString().ShouldBe("Forwarded to eth0");
        Fate.Delivered(null).ToString().ShouldBe("Delivered locally");
        Fate.Dropped("no route").ToString().ShouldBe("Dropped: no route");
        Fate.Dropped(Rule).ToString().ShouldBe("Dropped by filter/FORWARD rule 1");
        Fate.Dropped(Policy, "queued").ToString().ShouldBe("Dropped by filter/FORWARD policy: queued");
        Fate.Rejected(Rule, "tcp-reset").ToString().ShouldBe("Rejected with tcp-reset by filter/FORWARD rule 1");
        Fate.Rejected("time to live exceeded").ToString().ShouldBe("Rejected: time to live exceeded");
        Fate.Held("a fragment").ToString().ShouldBe("Held: a fragment");
        Fate.Replaced("comes back over lo").ToString().ShouldBe("Replaced: comes back over lo");
        (Fate.Replaced("SYNPROXY answers") with { Place = Rule }).ToString().ShouldBe("Replaced by filter/FORWARD rule 1: SYNPROXY answers");
        Fate.Unknown("x", Rule).ToString().ShouldBe("Unknown at filter/FORWARD rule 1: x");
    }

    [Fact]
    public void Walk_WithoutAPacket_HasNoFate() => new Walk(WalkOptions.Default).Fate.Kind.ShouldBe(FateKind.None);

    [Fact]
    public void Place_Rule_IsNullForAPolicyAndForNowhere()
    {
        Rule.Rule.ShouldBeSameAs(Chain.Rules[0]);
        Policy.Rule.ShouldBeNull();
        default(RulePlace).Rule.ShouldBeNull();
        default(RulePlace).ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("-t mangle -A OUTPUT -p udp -j MARK --set-mark 9", "Dropped: there is no route for the packet as mangle/OUTPUT changed it")]
    [InlineData("-t nat -A OUTPUT -p udp -j DNAT --to-destination 192.0.2.1", "Dropped: nat: no route to the new destination")]
    public void Send_RulesLeaveNoRoute_SaysWhichTableChangedThePacket(string rule, string fate)
    {
        NetworkNamespace host = new("host");
        host.AddInterface("eth0", "10.0.0.1/24");
        host.Rules.Add("fwmark 9 prohibit");
        new IptablesShell(host).Execute("iptables " + rule).ExitCode.ShouldBe(0);
        host.Send(Packet.Udp("10.0.0.1:1000", "10.0.0.2:53")).Fate.ToString().ShouldBe(fate);
    }

    [Fact]
    public void Receive_MasqueradedForAnotherInterface_SaysSo()
    {
        NetworkNamespace host = new("host");
        host.AddInterface("in", Netfilter.Sim.Routing.NetDeviceKind.Tun, "10.0.0.1/24");
        host.AddInterface("a", Netfilter.Sim.Routing.NetDeviceKind.Tun, "10.1.0.1/24");
        host.AddInterface("b", Netfilter.Sim.Routing.NetDeviceKind.Tun, "10.2.0.1/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.Routes.Add("default via 10.1.0.254 dev a");
        new IptablesShell(host).Execute("iptables -t nat -A POSTROUTING -j MASQUERADE").ExitCode.ShouldBe(0);
        Packet question = Packet.Udp("10.0.0.2:1000", "203.0.113.9:53");
        host.Receive("in", question).Emitted[0].Packet.Source.ToString().ShouldBe("10.1.0.1");
        host.Routes.Remove("default via 10.1.0.254 dev a");
        host.Routes.Add("default via 10.2.0.254 dev b");
        host.Receive("in", question).Fate.ToString().ShouldBe("Dropped: nat: leaves by another interface than it was masqueraded for");
        host.Receive("in", question).Emitted[0].Packet.Source.ToString().ShouldBe("10.2.0.1");
    }

    [Fact]
    public void Load_WhatTheTableCannotBe_SaysWhereAndWhy()
    {
        TableBench bench = new();
        Should.Throw<RulesetLoadException>(() => bench.Load(RuleLines.Filter("INPUT j=ACCEPT", "FORWARD p=udp", "FORWARD j=gone")))
            .Message.ShouldBe("filter/FORWARD rule 2: there is no chain 'gone'.");
        Should.Throw<ArgumentException>(() => bench.Filter.Replace(Table.Empty(TableDefinition.Raw), keepsCounters: false, bench.Host.States))
            .Message.ShouldStartWith("It is another table.");
        Should.Throw<ArgumentException>(() => bench.Filter.CountersOf("gone", 0)).Message.ShouldStartWith("Table filter has no chain 'gone'.");
    }
}
