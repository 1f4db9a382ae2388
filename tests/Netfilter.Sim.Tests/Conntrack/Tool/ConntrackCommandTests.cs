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
    [InlineData("-U -p udp -r 203.0.113.9 -m 3", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=3 use=2\n")]
    [InlineData("--dump --protonum icmpv6", "icmpv6   58 30 src=fd00::2 dst=2001:db8::9 type=128 code=0 id=7 [UNREPLIED] src=2001:db8::9 dst=fd00::2 type=129 code=0 id=7 mark=0 use=1\n")]
    [InlineData("-L --family ipv6 --proto tcp", "")]
    [InlineData("-L --reply-src 203.0.113.9 --proto tcp -b 65536", "tcp      6 120 SYN_SENT src=10.0.0.3 dst=203.0.113.9 sport=6000 dport=80 [UNREPLIED] src=203.0.113.9 dst=10.0.0.3 sport=80 dport=6000 mark=0 use=1\n")]
    [InlineData("-L -r 203.0.113.10", "")]
    [InlineData("-L -q 10.0.0.2 --buffer-size 65536", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=0 use=1\n")]
    [InlineData("-L -p udp --reply-port-src 53", "udp      17 30 src=10.0.0.2 dst=203.0.113.9 sport=5000 dport=53 [UNREPLIED] src=203.0.113.9 dst=10.0.0.2 sport=53 dport=5000 mark=0 use=1\n")]
    [InlineData("-L -p udp --reply-port-dst 53", "")]
    [InlineData("-L -p icmpv6 --icmp-code 1", "")]
    [InlineData("-L -p icmpv6 --icmp-type 129", "")]
    [InlineData("-L --src-nat", "")]
    [InlineData("-L --dst-nat 10.0.0.1:80", "")]
    [InlineData("-L --any-nat", "")]
    [InlineData("-G -p icmpv6 -s fd00::2 -d 2001:db8::9 --icmp-type 128 --icmp-code 0 --icmp-id 7", "icmpv6   58 30 src=fd00::2 dst=2001:db8::9 type=128 code=0 id=7 [UNREPLIED] src=2001:db8::9 dst=fd00::2 type=129 code=0 id=7 mark=0 use=2\n")]
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
    [InlineData("-p udp", 2, Program + "You need to supply a command\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L --src-nat foo", 2, Program + "Invalid IP address `foo'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L --src-nat foo:80", 2, Program + "Invalid IP address `foo'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L --dst-nat [fd00::1]", 2, Program + "Invalid IP address `[fd00::1]'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L --dst-nat :80", 2, Program + "Invalid IP address `'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-L --any-nat 1.2.3.4:x", 2, Program + "Invalid port `x'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-D --any-nat 1.2.3.4:99999", 2, Program + "Invalid port `99999'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-I --src-nat 1.2.3.4:", 2, Program + "No port specified after `:'\nTry `conntrack -h' or 'conntrack --help' for more information.\n")]
    [InlineData("-D --dst-nat [fd00::1]:80", 1, Program + "0 flow entries have been deleted.\n")]
    [InlineData("-G -p icmpv6 -s fd00::2 -d 2001:db8::9 --icmp-type 128 --icmp-code 1 --icmp-id 7", 1, Program + "Operation failed: such conntrack doesn't exist\n")]
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

    [Theory]
    [InlineData("--reply-src 203.0.113.50 --reply-port-src 99", "udp src=10.0.0.9 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.50 dst=10.0.0.9 sport=99 dport=1 mark=0")]
    [InlineData("--reply-dst 203.0.113.51 --reply-port-dst 98", "udp src=10.0.0.9 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.9 dst=203.0.113.51 sport=2 dport=98 mark=0")]
    [InlineData("--src-nat 203.0.113.77:600 -m 5", "udp src=10.0.0.9 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.9 dst=203.0.113.77 sport=2 dport=600 mark=5")]
    public void Insert_OtherAnswers_AreThoseOfTheEntry(string options, string line)
    {
        _shell.Execute($"conntrack -I -p udp -s 10.0.0.9 -d 203.0.113.9 --sport 1 --dport 2 -t 60 {options}").ExitCode.ShouldBe(0);
        _bench.Lines().ShouldContain(line);
        ShellResult translated = _shell.Execute("conntrack -L --src-nat");
        translated.Stdout.Split('\n').Length.ShouldBe(options.StartsWith("--src-nat", StringComparison.Ordinal) ? 2 : 1, translated.Stdout);
    }

    [Fact]
    public void Insert_WithTranslation_IsFoundByItsAnswers()
    {
        _shell.Execute("conntrack -I -p udp -s 10.0.0.9 -d 203.0.113.9 --sport 1 --dport 2 -t 60 --src-nat 203.0.113.77").ExitCode.ShouldBe(0);
        _bench.Lines().ShouldContain("udp src=10.0.0.9 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.9 dst=203.0.113.77 sport=2 dport=1 mark=0");
    }
}
