using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Text;

public sealed class IptablesShellTests
{
    private readonly IptablesShell _shell = new(new NetworkNamespace("test"));

    [Fact]
    public void Execute_RulesAndListing_PrintsWhatTheToolPrints()
    {
        Ok("iptables -N web");
        Ok("iptables -A INPUT -p tcp --dport http -j web");
        Ok("iptables -I INPUT ! -i lo -s 10/8,192.168.1.1 -j DROP");
        Ok("iptables -S").ShouldBe("""
            -P INPUT ACCEPT
            -P FORWARD ACCEPT
            -P OUTPUT ACCEPT
            -N web
            -A INPUT -s 192.168.1.1/32 ! -i lo -j DROP
            -A INPUT -s 10.0.0.0/8 ! -i lo -j DROP
            -A INPUT -p tcp -m tcp --dport 80 -j web

            """);
        Ok("iptables -L web -n -v").ShouldBe(
            "Chain web (1 references)\n"
            + " pkts bytes target     prot opt in     out     source               destination         \n");
        Ok("iptables -L INPUT 3 --line-numbers").ShouldBe(
            "3    web        tcp  --  anywhere             anywhere             tcp dpt:http\n");
    }

    [Theory]
    [InlineData("iptables -A INPUT -j nosuch", 2, "iptables v1.8.9 (legacy): Couldn't load target `nosuch':No such file or directory\n\nTry `iptables -h' or 'iptables --help' for more information.\n")]
    [InlineData("iptables -D INPUT 1", 1, "iptables: Index of deletion too big.\n")]
    [InlineData("iptables -t nat -A INPUT -j DROP", 2, "iptables v1.8.9 (legacy): \nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n\nTry `iptables -h' or 'iptables --help' for more information.\n")]
    [InlineData("ip6tables -A INPUT -f", 2, "ip6tables v1.8.9 (legacy): `-f' is not supported in IPv6, use -m frag instead\nTry `ip6tables -h' or 'ip6tables --help' for more information.\n")]
    [InlineData("iptables -A INPUT -m tcp", 1, "iptables: Invalid argument. Run `dmesg' for more information.\n")]
    [InlineData("nosuch", 127, "nosuch: command not found\n")]
    public void Execute_Refused_PrintsTheToolsWords(string command, int exit, string stderr)
    {
        ShellResult result = _shell.Execute(command);
        (result.Stderr, result.ExitCode).ShouldBe((stderr, exit));
    }

    [Fact]
    public void Execute_RestoreThatFailsLater_KeepsTheTablesCommittedBefore()
    {
        ShellResult result = _shell.Execute(
            "iptables-restore", "*nat\n-A PREROUTING -p tcp\nCOMMIT\n*filter\n-A INPUT -p udp\n-A INPUT -j nosuch\nCOMMIT\n");
        result.ExitCode.ShouldBe(2);
        result.Stderr.ShouldContain("Error occurred at line: 6\n");
        Ok("iptables -t nat -S PREROUTING").ShouldBe("-P PREROUTING ACCEPT\n-A PREROUTING -p tcp\n");
        Ok("iptables -S INPUT").ShouldBe("-P INPUT ACCEPT\n");
    }

    [Fact]
    public void Execute_LoopFromABuiltInChain_IsRefusedAndChangesNothing()
    {
        Ok("iptables -N a");
        Ok("iptables -A a -j a");
        ShellResult result = _shell.Execute("iptables -A INPUT -j a");
        result.Stderr.ShouldBe("iptables: Too many levels of symbolic links.\n");
        Ok("iptables -S INPUT").ShouldBe("-P INPUT ACCEPT\n");
    }

    [Fact]
    public void Execute_RenamedChain_KeepsCountersOfRulesThatJumpToIt()
    {
        Ok("iptables -N old");
        Ok("iptables -A INPUT -c 5 6 -j old");
        Ok("iptables -E old new");
        Ok("iptables -S INPUT -v").ShouldBe("-P INPUT ACCEPT -c 0 0\n-A INPUT -c 5 6 -j new\n");
    }

    [Theory]
    [InlineData("*filter\nCOMMIT\n", 7)]
    [InlineData("*filter\n:INPUT - [0:0]\nCOMMIT\n", 7)]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", 0)]
    [InlineData("*filter\n:new - [0:0]\nCOMMIT\n", 0)]
    public void Execute_RestoreNoflush_CountersOfPoliciesGoOnUnlessTheTextChangesSomething(string text, ulong packets)
    {
        _shell.Execute("iptables-restore -c", "*filter\n:INPUT ACCEPT [7:700]\nCOMMIT\n").ExitCode.ShouldBe(0);
        _shell.Execute("iptables-restore -n", text).ExitCode.ShouldBe(0);
        Ok("iptables -S INPUT -v").ShouldBe($"-P INPUT ACCEPT -c {packets} {packets * 100}\n");
    }

    [Fact]
    public void Execute_RandomWords_EndsAsTheToolDoes()
    {
        string[] words =
        [
            "-A", "-D", "-L", "-N", "-X", "-P", "-Z", "-S", "INPUT", "foo", "-p", "tcp", "-m", "tcp", "--dport", "80", "!", "-j", "ACCEPT",
            "LOG", "--log-prefix", "x", "-s", "1.2.3.4/33", "-c", "1", "2", "--", "-v", "-t", "nat", "-n", "-hx", "--l", "é", "", "-", "-w",
        ];
        Random random = new(3);
        for (int i = 0; i < 5_000; i++)
        {
            string[] command = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => words[random.Next(words.Length)])];
            ShellResult result = _shell.Execute([random.Next(2) == 0 ? "iptables" : "ip6tables", .. command]);
            result.ExitCode.ShouldBeInRange(0, 4, string.Join(' ', command));
            (result.ExitCode == 0 || result.Stderr.EndsWith('\n')).ShouldBeTrue(string.Join(' ', command));
        }
    }

    private string Ok(string command)
    {
        ShellResult result = _shell.Execute(command);
        result.Stderr.ShouldBe("");
        result.ExitCode.ShouldBe(0);
        return result.Stdout;
    }
}
