using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Conntrack.Tool;

public sealed class ConntrackCommandTests
{
    private const string Program = "conntrack v1.4.7 (conntrack-tools): ";

    private readonly ConntrackBench _bench = new();
    private readonly IptablesShell _shell;

    public ConntrackCommandTests()
    {
        _shell = new IptablesShell(_bench.Host);
        _bench.Pass(ConntrackBench.Inside, Packet.Udp("10.0.0.2:5000", "203.0.113.9:53"));
        _bench.Pass(ConntrackBench.Inside, Packet.Tcp("10.0.0.3:6000", "203.0.113.9:80", TcpFlags.Syn));
        _bench.Pass(ConntrackBench.Inside, Packet.IcmpEcho("fd00::2", "2001:db8::9", 7));
    }

    [Theory]
    [InlineData("-L -p udp", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=0 use=1\n")]
    [InlineData("-L -p tcp -o extended", "ipv4     2 tcp      6 120 SYN_SENT src=10.0.0.3 dst=203.0.113.9 sport=6000 dport=80 [UNREPLIED] src=203.0.113.9 dst=10.0.0.3 sport=80 dport=6000 mark=0 use=1\n")]
    [InlineData("-L -f ipv6", "icmpv6   58 30 src=fd00::2 dst=2001:db8::9 type=128 code=0 id=7 [UNREPLIED] src=2001:db8::9 dst=fd00::2 type=129 code=0 id=7 mark=0 use=1\n")]
    [InlineData("-L -s 10.0.0.0/31", "")]
    [InlineData("-L -u ASSURED", "")]
    [InlineData("-G -p udp -s 10.0.0.2 -d 203.0.113.9 --sport 5000 --dport 53", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=0 use=2\n")]
    [InlineData("-U -p udp -s 10.0.0.2 -m 0x10/0xf0", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=16 use=2\n")]
    [InlineData("-C", "3\n")]
    public void Command_ThatSucceeds_PrintsTheToolsWords(string arguments, string output)
    {
        ShellResult result = _shell.Execute("conntrack " + arguments);
        (result.Stdout, result.ExitCode).ShouldBe((output, 0));
    }

    [Theory]
    [InlineData("-D -p udp --dport 54", 1, Program + "0 flow entries have been deleted.\n")]
    [InlineData("-G -p udp -s 10.0.0.2 -d 203.0.113.9 --sport 1 --dport 53", 1, Program + "Operation failed: such conntrack doesn't exist\n")]
    [InlineData("-U -p udp -m 7", 1, "Operation failed: Operation not supported\n" + Program + "Operation failed: Operation not supported\n")]
    [InlineData("-I -p udp -s 10.0.0.2 -d 203.0.113.9 --sport 5000 --dport 53 -t 10", 1, Program + "Operation failed: Such conntrack exists, try -U to update\n")]
    [InlineData("-D -p udp --foo", 2, Program + "unknown option `--foo'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L -p foo", 2, Program + "`foo' unsupported protocol\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-D -p udp --state ESTABLISHED", 2, Program + "unknown option `--state'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    public void Command_ThatFails_SaysWhy(string arguments, int exit, string errors)
    {
        ShellResult result = _shell.Execute("conntrack " + arguments);
        (result.Stderr, result.ExitCode).ShouldBe((errors, exit));
    }

    [Fact]
    public void Delete_OfOneProtocol_LeavesTheOthers()
    {
        _shell.Execute("conntrack -D -p udp").ExitCode.ShouldBe(0);
        _bench.Host.Conntrack.Select(entry => entry.Original.Protocol).Order().ShouldBe([(byte)6, (byte)58]);
        _shell.Execute("conntrack -F").ExitCode.ShouldBe(0);
        _bench.Tracker.Count.ShouldBe(0);
    }

    [Fact]
    public void Insert_WithTranslation_IsFoundByItsAnswers()
    {
        _shell.Execute("conntrack -I -p udp -s 10.0.0.9 -d 203.0.113.9 --sport 1 --dport 2 -t 60 --src-nat 203.0.113.77").ExitCode.ShouldBe(0);
        _bench.Lines().ShouldContain("udp src=10.0.0.9 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.9 dst=203.0.113.77 sport=2 dport=1 mark=0");
    }
}
