using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tests.Engine;
using Netfilter.Sim.Text;

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

    [Fact]
    public void Explain_ServiceOfKubernetes_TellsTranslationRejectionAndChance()
    {
        NetworkNamespace host = new("worker1", chance: new ScriptedChance(0, 1));
        host.AddInterface("eth0", NetDeviceKind.Tun, "192.168.1.11/24");
        host.AddInterface("cni0", NetDeviceKind.Tun, "10.244.1.1/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.Sysctls["net.ipv4.conf.all.send_redirects"] = "0";
        host.Sysctls["net.ipv4.conf.eth0.send_redirects"] = "0";
        host.Routes.Add("default via 192.168.1.1 dev eth0");
        new IptablesShell(host).Execute("iptables-restore", Kubernetes).ExitCode.ShouldBe(0);
        string service = host.Receive("eth0", Packet.Tcp("192.168.1.5:40000", "10.96.0.10:80", TcpFlags.Syn)).Explain();
        GoldenFile.ShouldHold("kubernetes-service", service);
        string empty = host.Receive("eth0", Packet.Tcp("192.168.1.5:40001", "10.96.0.11:80", TcpFlags.Syn)).Explain();
        GoldenFile.ShouldHold("kubernetes-no-endpoints", empty);
    }

    private const string Kubernetes = """
        *filter
        :KUBE-SERVICES - [0:0]
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A KUBE-SERVICES -d 10.96.0.11/32 -p tcp -m comment --comment "default/empty has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
        COMMIT
        *nat
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-WEB - [0:0]
        :KUBE-SEP-1 - [0:0]
        :KUBE-SEP-2 - [0:0]
        :KUBE-SEP-3 - [0:0]
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE
        -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j RETURN
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
        -A KUBE-SVC-WEB ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
        -A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.1.2:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-1
        -A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.1.3:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-2
        -A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.1.4:8080" -j KUBE-SEP-3
        -A KUBE-SEP-2 -s 10.244.1.3/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
        -A KUBE-SEP-2 -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.1.3:8080
        COMMIT

        """;

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
