using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Text;

public sealed class FastRuleReaderTests
{
    private static readonly string[] Words =
    [
        "-A", "INPUT", "-s", "10.0.0.1/32", "-d", "192.168.0.0/16", "10.0.0.300/8", "-i", "eth0", "-o", "lo+", "-p", "tcp", "6",
        "udp", "!", "-f", "-m", "tcp", "--dport", "80", "--sport", "1:2", "--syn", "--tcp-flags", "SYN,ACK", "comment", "--comment",
        "\"a b\"", "\"say \\\"x\\\"\"", "-j", "ACCEPT", "foo", "nosuch", "-g", "MARK", "--set-xmark", "0x1/0x1", "statistic", "--mode",
        "random", "nth", "--probability", "0.5", "--every", "2", "--packet", "0", "mark", "--mark", "1", "multiport", "--dports", "80,443",
        "DNAT", "--to-destination", "10.0.0.1:80", "-t", "--numeric", "--", "x\"y\"z", "conntrack", "--ctstate", "NEW", "-4", "-6", "",
    ];

    [Theory]
    [InlineData("-A INPUT -j ACCEPT")]
    [InlineData("-A INPUT")]
    [InlineData("-A INPUT -s 10.1.2.3/8 ! -d 10.0.0.1 -i eth+ -p tcp -m tcp --dport 80 -j foo")]
    [InlineData("-A INPUT -f -j DROP")]
    [InlineData("-A INPUT ! -f -g foo")]
    [InlineData("-A foo -m comment --comment \"say \\\"x\\\" and -j DROP\" -j RETURN")]
    [InlineData("-A foo -m comment --comment -j -j RETURN")]
    [InlineData("-A foo -m comment --comment x -m tcp -p tcp -d 10.0.0.1/32 --dport 53 -j foo")]
    [InlineData("-A foo -p tcp -m tcp ! --tcp-flags FIN,SYN SYN -m statistic --mode random --probability 0.2 -j foo")]
    [InlineData("-A foo -p udp -m multiport --dports 53,80:90 -m mark ! --mark 0x1/0xff")]
    [InlineData("-A foo -j MARK --set-mark 7")]
    [InlineData("-A foo -j DNAT --to-destination 10.0.0.1")]
    [InlineData("-A foo -p tcp -m comment --comment \"a b\" -m tcp -j DNAT --to-destination 10.0.0.1:8080")]
    [InlineData("-A foo -p udp -j DNAT --to-destination 10.0.0.1:53-54")]
    [InlineData("-A foo -p udp -j DNAT --to-destination 10.0.0.1:53 --random --persistent")]
    public void TryRead_LineOfADump_IsTheRuleThatTheLongWayReads(string line)
    {
        Rule? fast = Fast(line, out string? chain);
        fast.ShouldNotBeNull();
        (Rule slow, string slowChain) = Slow(line)!.Value;
        fast.ShouldBe(slow);
        chain.ShouldBe(slowChain);
    }

    [Theory]
    [InlineData("-A nosuch -j ACCEPT")]
    [InlineData("-A INPUT -o eth0 -j ACCEPT")]
    [InlineData("-A INPUT -j FORWARD")]
    [InlineData("-A INPUT -p tcp --dport 80")]
    [InlineData("-A INPUT -m multiport --dports 80 -p tcp")]
    [InlineData("-A INPUT -s 10.0.0.1,10.0.0.2 -j ACCEPT")]
    [InlineData("-A INPUT -s 010.0.0.1 -j ACCEPT")]
    [InlineData("-A INPUT -p tcp -m tcp --dpor 80 -j ACCEPT")]
    [InlineData("-A INPUT -s 10.0.0.1/0 -j ACCEPT")]
    [InlineData("-A INPUT -m comment --comment a\"b\"c -j ACCEPT")]
    [InlineData("-A INPUT -j ACCEPT -s 10.0.0.1")]
    [InlineData("-I INPUT -j ACCEPT")]
    [InlineData("-A INPUT -j DNAT --to-destination 10.0.0.1:80")]
    [InlineData("-A INPUT -s 10.0.0.1/32 -s 10.0.0.2/32")]
    public void TryRead_AnythingElse_IsLeftToTheLongWay(string line) => Fast(line, out _).ShouldBeNull();

    [Fact]
    public void TryRead_RandomWords_NeverDisagreesWithTheLongWay()
    {
        Random random = new(20260722);
        int read = 0;
        for (int i = 0; i < 30_000; i++)
        {
            string line = "-A INPUT " + string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => Words[random.Next(Words.Length)]));
            if (Fast(line, out string? chain) is { } fast)
            {
                read++;
                (Rule Rule, string Chain)? slow = Slow(line);
                slow.ShouldNotBeNull(line);
                fast.ShouldBe(slow.Value.Rule, line);
                chain.ShouldBe(slow.Value.Chain, line);
            }
        }
        read.ShouldBeGreaterThan(100);
    }

    private static Rule? Fast(string line, out string? chain)
    {
        Rule? rule = new FastRuleReader(NewTool(), "filter").TryRead(line, NewEditor(), out ChainDraft? draft);
        chain = draft?.Name;
        return rule;
    }

    private static (Rule, string)? Slow(string line)
    {
        ToolContext tool = NewTool();
        TableEditor editor = NewEditor();
        try
        {
            List<string> words = ["-t", "filter"];
            WordSplitter.SplitRestore(line, words);
            ParsedCommand command = CommandParser.Parse(words, tool);
            if (new CommandRunner(tool, editor, editor.Build).Run(command) is not null)
            {
                return null;
            }
        }
        catch (IptablesException)
        {
            return null;
        }
        Chain changed = editor.Build().Chains.Single(chain => chain.Rules.Count > 0);
        return (changed.Rules[0], changed.Name);
    }

    private static ToolContext NewTool() => new(
        "iptables-restore", IpFamily.IPv4, ExtensionRegistry.Default, RuleEnvironment.Permissive, isRestoring: true);

    private static TableEditor NewEditor()
    {
        TableEditor editor = new(Table.Empty(TableDefinition.Filter), (_, _) => default);
        editor.Create("foo").ShouldBeNull();
        return editor;
    }
}
