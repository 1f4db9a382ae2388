using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Reads a whole ruleset with iptables-restore's own rules, and finds the place of what it refuses.</summary>
internal static class RulesetText
{
    /// <summary>The ruleset, or null and why not.</summary>
    public static Ruleset? Read(
        string text,
        IpFamily family,
        ExtensionRegistry? registry,
        RuleEnvironment? environment,
        out RulesetFormatException? error,
        bool counters = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        string program = family == IpFamily.IPv4 ? "iptables-restore" : "ip6tables-restore";
        ToolContext tool = new(
            program, family, registry ?? ExtensionRegistry.Default, environment ?? RuleEnvironment.Default, isRestoring: true);
        DetachedTables tables = new(family);
        string closed = text.Length == 0 || text[^1] == '\n' ? text : text + "\n";
        int line = 0;
        error = null;
        try
        {
            if (RestoreTool.Run(counters ? ["-c"] : [], closed, tool, tables, number => line = number) != 0)
            {
                error = Failure(closed, line, tool.Stderr.ToString());
            }
        }
        catch (IptablesException refused)
        {
            error = Refusal(closed, line, refused.Message.Trim('\n'));
        }
        catch (ToolExitException)
        {
            error = Refusal(closed, line, "not a rule");
        }
        return error is null ? tables.Ruleset : null;
    }

    private static RulesetFormatException Failure(string text, int line, string words)
    {
        bool isOpen = words.Contains("COMMIT expected", StringComparison.Ordinal);
        if (isOpen)
        {
            return new RulesetFormatException("NF1003", "COMMIT expected", text, line + 1, text.Length, "", "COMMIT");
        }
        (int start, string content) = LineAt(text, line);
        bool isOutside = !content.StartsWith('-') && !content.StartsWith('[');
        return isOutside
            ? new RulesetFormatException("NF1002", "a table begins with *", text, line, start, content, "*table")
            : NoChain(text, line, start, content);
    }

    private static RulesetFormatException NoChain(string text, int line, int start, string content)
    {
        string[] words = content.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string chain = words.SkipWhile(word => word[0] == '[').Skip(1).FirstOrDefault("");
        int at = chain.Length == 0 ? start : start + content.IndexOf(chain, StringComparison.Ordinal);
        return new RulesetFormatException(
            "NF1005", "No chain/target/match by that name", text, line, at, chain, $"a chain that a line :{chain} declares");
    }

    private static RulesetFormatException Refusal(string text, int line, string words)
    {
        (int start, string content) = LineAt(text, line);
        string offending = Quoted(words) is { } quoted && content.Contains(quoted, StringComparison.Ordinal) ? quoted : content;
        int at = start + Math.Max(0, content.IndexOf(offending, StringComparison.Ordinal));
        string code = words.Contains("unable to initialize table", StringComparison.Ordinal) ? "NF1004" : "NF1001";
        string expected = code == "NF1004" ? string.Join(", ", TableDefinition.All.Select(table => table.Name)) : "";
        return new RulesetFormatException(code, words, text, line, at, offending, expected);
    }

    // What the tool's message puts between quotes.
    private static string? Quoted(string words)
    {
        int open = words.IndexOfAny(['`', '"', '\'']);
        if (open < 0)
        {
            return null;
        }
        int close = words.IndexOfAny(['\'', '"'], open + 1);
        return close > open + 1 ? words[(open + 1)..close] : null;
    }

    private static (int Start, string Content) LineAt(string text, int line)
    {
        int start = 0;
        for (int i = 1; i < line && start < text.Length; i++)
        {
            int feed = text.IndexOf('\n', start);
            start = feed < 0 ? text.Length : feed + 1;
        }
        int end = start < text.Length ? text.IndexOf('\n', start) : start;
        return (start, text[start..(end < 0 ? text.Length : end)]);
    }
}
