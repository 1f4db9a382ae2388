using Netfilter.Sim.Engine;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Exploration;

public class NamespaceExploreTests
{
    private static readonly Packet Syn = Packet.Tcp("10.0.0.1:40000", "10.96.0.10:80", TcpFlags.Syn);

    private const string Service = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :SVC - [0:0]
        -A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j SVC
        -A SVC -p tcp -m statistic --mode random --probability 0.33333333349 -j DNAT --to-destination 10.9.0.1:8080
        -A SVC -p tcp -m statistic --mode random --probability 0.50000000000 -j DNAT --to-destination 10.9.0.2:8080
        -A SVC -p tcp -j DNAT --to-destination 10.9.0.3:8080
        COMMIT

        """;

    [Fact]
    public void Explore_ServiceOfThree_GivesTheExactSplitAndLeavesTheNamespaceAlone()
    {
        NetworkNamespace host = Node();
        string before = Save(host);
        Distribution<Walk> all = host.Explore("eth0", Syn);
        all.GroupBy(walk => walk.Emitted[0].Packet.Destination.ToString()).ToString().ShouldBe("""
            0.333333  715827883/2147483648  10.9.0.1
            0.333333  1431655765/4294967296  10.9.0.2
            0.333333  1431655765/4294967296  10.9.0.3
            """);
        Save(host).ShouldBe(before);
        host.Conntrack.ShouldBeEmpty();
    }

    [Fact]
    public void Explore_TwoPacketsOfOneFlow_GoTheSameWay()
    {
        Distribution<bool> same = Node().Explore(branch =>
            branch.Receive("eth0", Syn).Emitted[0].Packet.Destination == branch.Receive("eth0", Syn).Emitted[0].Packet.Destination)
            .GroupBy(value => value);
        same.ToString().ShouldBe("1.000000  1  True");
    }

    [Fact]
    public void Fork_PacketsRulesAndTime_NeverShowInTheOrigin()
    {
        NetworkNamespace host = Node();
        host.Receive("eth0", Syn);
        string before = Save(host);
        int connections = host.Conntrack.Length;
        DateTimeOffset now = host.Clock.GetUtcNow();
        NetworkNamespace fork = host.Fork();
        Save(fork).ShouldBe(before);
        ((Netfilter.Sim.Determinism.ManualTimeProvider)fork.Clock).Advance(TimeSpan.FromHours(1));
        for (int port = 0; port < 50; port++)
        {
            fork.Receive("eth0", Packet.Tcp(FormattableString.Invariant($"10.0.0.1:{50000 + port}"), "10.96.0.10:80", TcpFlags.Syn));
        }
        new IptablesShell(fork).Execute("iptables -t mangle -I PREROUTING -j DROP").ExitCode.ShouldBe(0);
        fork.AddInterface("eth9", "10.7.0.1/24");

        Save(host).ShouldBe(before);
        host.Conntrack.Length.ShouldBe(connections);
        host.Clock.GetUtcNow().ShouldBe(now);
        host.Interfaces.Any(device => device.Name == "eth9").ShouldBeFalse();
        Save(fork).ShouldNotBe(before);
    }

    [Fact]
    public void Fork_SamePackets_GiveTheSameTraceByteForByte()
    {
        NetworkNamespace host = Node();
        NetworkNamespace fork = host.Fork();
        for (int port = 0; port < 20; port++)
        {
            Packet packet = Packet.Tcp(FormattableString.Invariant($"10.0.0.1:{50000 + port}"), "10.96.0.10:80", TcpFlags.Syn);
            fork.Receive("eth0", packet).Explain().ShouldBe(host.Receive("eth0", packet).Explain());
        }
    }

    private static NetworkNamespace Node()
    {
        NetworkNamespace host = new("node");
        host.AddInterface("eth0", "10.0.0.254/24");
        host.AddInterface("eth1", "10.9.0.254/24");
        host.SetNeighbour("10.9.0.1", "eth1", 1);
        host.SetNeighbour("10.9.0.2", "eth1", 2);
        host.SetNeighbour("10.9.0.3", "eth1", 3);
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        ShellResult result = new IptablesShell(host).Execute("iptables-restore", Service);
        result.ExitCode.ShouldBe(0, result.Stderr);
        return host;
    }

    private static string Save(NetworkNamespace host) => string.Join('\n', new IptablesShell(host)
        .Execute("iptables-save -c").Stdout.Split('\n').Where(line => !line.StartsWith('#')));
}
