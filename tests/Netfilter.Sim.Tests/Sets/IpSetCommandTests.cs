using System.Text;
using System.Text.RegularExpressions;
using Netfilter.Sim.Sets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Tests.Sets;

/// <summary>
/// A session recorded from ipset 7.17 on Linux 6.18, played again. Members of a hash are compared as a set: the kernel's
/// order depends on a secret. A remaining second may have passed while recording.
/// </summary>
public sealed partial class IpSetCommandTests
{
    [Fact]
    public void Run_RecordedSession_PrintsWhatTheToolPrinted()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Sets", "ipset-session.txt"));
        RuleStateStore states = new();
        List<string> differences = [];
        for (int i = 0; i < lines.Length;)
        {
            if (lines[i].StartsWith('#'))
            {
                states = new RuleStateStore();
                i++;
                continue;
            }
            string command = lines[i++]["$ ipset ".Length..];
            List<string> expected = [];
            while (!lines[i].StartsWith("= ", StringComparison.Ordinal))
            {
                expected.Add(lines[i++]);
            }
            string code = lines[i++][2..];
            (string output, string errors, int exit) = new IpSetCommand(states, 0).Run(Words(command.Trim('\'')));
            string actual = Normal((output + errors).TrimEnd('\n').Split('\n')) + "= " + exit;
            string wanted = Normal(expected) + "= " + code;
            if (actual != wanted)
            {
                differences.Add($"$ ipset {command}\nexpected\n{wanted}\nactual\n{actual}");
            }
        }
        differences.ShouldBeEmpty();
    }

    [Fact]
    public void Restore_LineThatCannotBeRead_LosesWhatWasAddedSinceTheLastOtherCommand()
    {
        RuleStateStore states = new();
        const string input = "create a hash:ip initval 0x1\nadd a 1.1.1.1\ncreate b hash:ip initval 0x1\nadd b 2.2.2.2\nadd b x\n";
        (_, string errors, int exit) = new IpSetCommand(states, 0).Run(["restore"], input);
        exit.ShouldBe(1);
        errors.ShouldBe("ipset v7.17: Error in line 5: Syntax error: cannot parse x: resolving to IPv4 address failed\n");
        new IpSetCommand(states, 0).Run(["save", "-s"]).Output.ShouldBe(
            "create a hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001\n"
            + "add a 1.1.1.1\n"
            + "create b hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001\n");
    }

    [Fact]
    public void Create_WithoutInitialValue_TakesOneThatFollowsFromTheName()
    {
        string Saved(string name)
        {
            RuleStateStore states = new();
            new IpSetCommand(states, 0).Run(["create", name, "hash:net"]);
            return new IpSetCommand(states, 0).Run(["save"]).Output;
        }

        Saved("a").ShouldBe(Saved("a"));
        Saved("a")[^9..].ShouldNotBe(Saved("b")[^9..]);
    }

    [Fact]
    public void Add_ServiceOfAnotherProtocol_NamesEveryTryThatFailed()
    {
        RuleStateStore states = new();
        new IpSetCommand(states, 0).Run(["create", "p", "hash:ip,port"]);
        new IpSetCommand(states, 0).Run(["add", "p", "1.1.1.1,udp:http"]).Errors.ShouldBe(
            "ipset v7.17: Syntax error: 'http' is invalid as number\nSyntax error: 'udp' is invalid as number\n"
            + "cannot parse 'http' as a udp port\n");
    }

    // The record was made without what a hash starts from, which is a secret, and without sizes.
    private static string Normal(IEnumerable<string> lines)
    {
        List<string> list = [.. lines
            .Where(line => line.Length > 0 && !line.StartsWith("Size in memory: ", StringComparison.Ordinal))
            .Select(line => OneSecondMore(Secret().Replace(line, "")))];
        bool isListing = list.Exists(line => line.StartsWith("Members:", StringComparison.Ordinal)
            || line.StartsWith("create ", StringComparison.Ordinal));
        return string.Concat((isListing ? list.Order(StringComparer.Ordinal) : list.AsEnumerable()).Select(line => line + "\n"));
    }

    [GeneratedRegex(@" bucketsize \d+ initval 0x[0-9a-f]{8}")]
    private static partial Regex Secret();

    private static string OneSecondMore(string line) => line
        .Replace("timeout 49", "timeout 50", StringComparison.Ordinal)
        .Replace("timeout 99", "timeout 100", StringComparison.Ordinal)
        .Replace("timeout 4", "timeout 5", StringComparison.Ordinal);

    private static List<string> Words(string command)
    {
        List<string> words = [];
        StringBuilder word = new();
        char quote = '\0';
        foreach (char c in command + " ")
        {
            if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c == ' ')
            {
                if (word.Length > 0)
                {
                    words.Add(word.ToString());
                }
                word.Clear();
            }
            else
            {
                word.Append(c);
            }
        }
        return words;
    }
}
