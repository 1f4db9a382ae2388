using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests;

/// <summary>What is not modelled is said, never guessed (D13): a packet's fate is unknown, or a strict namespace refuses the rule.</summary>
public sealed class NetworkNamespaceStrictTests
{
    private const string Sane = "*raw\n-A PREROUTING -p tcp -j CT --helper sane\nCOMMIT\n";
    private const string SaneReason = "-j CT is not modelled: helper sane is not modelled";

    /// <summary>Table, rule and reason. The first of these the kernel takes; the others only a client of the library can put in.</summary>
    public static TheoryData<string, string, string> Unmodelled => new()
    {
        { "raw", "-A PREROUTING -p tcp -j CT --helper sane", SaneReason },
        { "filter", "-A INPUT -m ipvs --ipvs", "-m ipvs is not modelled: IPVS is not in the recorded kernel" },
        { "filter", "-A INPUT -p tcp -j LED --led-trigger-id x", "-j LED is not modelled: LED is not in the recorded kernel" },
        { "filter", "-A INPUT -j ULOG", "-j ULOG is not modelled: ULOG is not in the recorded kernel" },
        { "mangle", "-A INPUT -j SECMARK --selctx x", "-j SECMARK is not modelled: SECMARK needs a security module" },
        {
            "filter", "-A INPUT -d 10.0.0.254 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 2 --local-node 1",
            "-j CLUSTERIP is not modelled: CLUSTERIP is not in the recorded kernel"
        },
    };

    [Theory]
    [MemberData(nameof(Unmodelled))]
    public void Walk_RuleThatIsNotModelled_EndsUnknownWithTheReason(string table, string rule, string reason)
    {
        NetworkNamespace host = Host(isStrict: false);
        host.Edit(table, _ => Parse(table, rule));
        foreach (WalkOptions options in new[] { new WalkOptions(), WalkOptions.Unwatched })
        {
            Fate fate = host.Receive("eth0", Packet.Tcp("10.0.0.1:40000", "10.0.0.254:80", TcpFlags.Syn), options).Fate;
            fate.Kind.ShouldBe(FateKind.Unknown);
            fate.ToString().ShouldContain(reason.Split(": ")[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Unmodelled))]
    public void Edit_RuleThatIsNotModelled_StrictNamespaceRefusesIt(string table, string rule, string reason)
    {
        NetworkNamespace host = Host(isStrict: true);
        RulesetLoadException refusal = Should.Throw<RulesetLoadException>(() => host.Edit(table, _ => Parse(table, rule)));
        (refusal.Table, refusal.RuleNumber, refusal.Reason).ShouldBe((table, 1, reason));
        host.Save().ShouldNotContain("-A ");
    }

    [Fact]
    public void Restore_InAUserChain_StrictNamespaceSaysWhereAndLoadsNothing()
    {
        NetworkNamespace host = Host(isStrict: true);
        string text = "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n*raw\n:own - [0:0]\n-A own -p udp\n-A own -p tcp -j CT --helper sane\nCOMMIT\n";
        Should.Throw<RulesetLoadException>(() => host.Restore(text)).Message.ShouldBe($"raw/own rule 2: {SaneReason}.");
        host.Save().ShouldNotContain("-A ");
        Host(isStrict: false).Restore(text);
    }

    [Fact]
    public void Tools_StrictNamespace_FailWithTheReason()
    {
        IptablesShell shell = new(Host(isStrict: true));
        ShellResult one = shell.Execute("iptables -t raw -A PREROUTING -p tcp -j CT --helper sane");
        (one.ExitCode, one.Stderr).ShouldBe((1, $"iptables: raw/PREROUTING rule 1: {SaneReason}.\n"));
        ShellResult all = shell.Execute("iptables-restore", Sane);
        (all.ExitCode, all.Stderr).ShouldBe(
            (1, $"iptables-restore: raw/PREROUTING rule 1: {SaneReason}.\niptables-restore: line 3 failed\n"));
        shell.Execute("iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp").ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Fork_OfAStrictNamespace_IsStrict()
    {
        NetworkNamespace host = Host(isStrict: true);
        host.Xtables(IpFamily.IPv4).Require(TableDefinition.Raw);
        foreach (NetworkNamespace fork in new[] { host.Fork(), host.Fork().Fork() })
        {
            fork.IsStrict.ShouldBeTrue();
            Should.Throw<RulesetLoadException>(() => fork.Restore(Sane));
        }
    }

    private static NetworkNamespace Host(bool isStrict)
    {
        NetworkNamespace host = new("host") { IsStrict = isStrict };
        host.AddInterface("eth0", "10.0.0.254/24");
        return host;
    }

    private static Table Parse(string table, string rule) => Ruleset.Parse($"*{table}\n{rule}\nCOMMIT\n").Tables.Single();
}
