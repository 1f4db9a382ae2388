using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// Reads what iptables-save writes into a value. Counters are taken; the order of tables is kept. A final line feed may be
/// missing; apart from that the text must be one that <c>iptables-restore -c</c> takes.
/// </summary>
internal sealed class RulesetReader
{
    private readonly string _text;
    private readonly ToolContext _tool;
    private readonly Func<TableDefinition, Table> _start;
    private readonly List<Table> _tables = [];
    private TableEditor? _editor;
    private FastRuleReader? _fast;
    private int _line, _lineStart;

    private RulesetReader(string text, ToolContext tool, Func<TableDefinition, Table> start) =>
        (_text, _tool, _start) = (text, tool, start);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="family">The family of its rules.</param>
    /// <param name="registry">The extensions.</param>
    /// <param name="environment">Names and objects outside the rules.</param>
    /// <param name="start">What a table is before its lines are read; null for empty ones that accept.</param>
    /// <exception cref="RulesetFormatException">The text is not a ruleset.</exception>
    public static Ruleset Read(
        string text, IpFamily family, ExtensionRegistry registry, RuleEnvironment environment, Func<TableDefinition, Table>? start = null)
    {
        string program = family == IpFamily.IPv4 ? "iptables-restore" : "ip6tables-restore";
        ToolContext tool = new(program, family, registry, environment, isRestoring: true);
        RulesetReader reader = new(text, tool, start ?? Table.Empty);
        reader.ReadLines();
        return new Ruleset(family, [.. reader._tables]);
    }

    private void ReadLines()
    {
        while (_lineStart < _text.Length)
        {
            int feed = _text.AsSpan(_lineStart).IndexOf('\n');
            int length = feed < 0 ? _text.Length - _lineStart : feed;
            _line++;
            ReadLine(_text.AsSpan(_lineStart, length));
            _lineStart += length + 1;
        }
        if (_editor is not null)
        {
            _line++;
            _lineStart = _text.Length;
            throw Fail(RulesetErrorCode.Structure, 0, "", "the text ends within a table", "COMMIT");
        }
    }

    private void ReadLine(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty || line[0] == '#')
        {
            return;
        }
        if (_editor is null)
        {
            BeginTable(line);
        }
        else if (line.SequenceEqual("COMMIT"))
        {
            EndTable();
        }
        else if (line[0] == ':')
        {
            ReadChain(line);
        }
        else
        {
            ReadRule(line);
        }
    }

    private void BeginTable(ReadOnlySpan<char> line)
    {
        if (line[0] != '*')
        {
            throw Fail(RulesetErrorCode.Structure, 0, FirstWord(line), "the line stands outside a table", "a line such as *filter");
        }
        int start = 1 + line[1..].IndexOfAnyExcept(' ', '\t');
        string name = start == 0 ? "" : FirstWord(line[start..]);
        if (TableDefinition.Find(name) is not { } table)
        {
            string known = string.Join(", ", TableDefinition.All.Select(definition => definition.Name));
            throw Fail(RulesetErrorCode.Table, Math.Max(start, 1), name, $"there is no table '{name}'", known);
        }
        _fast = new FastRuleReader(_tool, table.Name);
        _editor = new TableEditor(_start(table), (_, _) => default);
    }

    private void EndTable()
    {
        Table table = _editor!.Build();
        int index = _tables.FindIndex(present => present.Name == table.Name);
        if (index >= 0)
        {
            _tables[index] = table;
        }
        else
        {
            _tables.Add(table);
        }
        _editor = null;
    }

    private void ReadChain(ReadOnlySpan<char> line)
    {
        (int Start, string Text) name = WordAt(line, 1), policy = WordAt(line, name.Start + name.Text.Length);
        (int Start, string Text) counters = WordAt(line, policy.Start + policy.Text.Length);
        if (name.Text.Length == 0 || ByteText.Length(name.Text) > 28)
        {
            throw Fail(RulesetErrorCode.Chain, name.Start, name.Text, $"Invalid chain name `{name.Text}' (28 chars max)", "1 to 28 bytes");
        }
        if (policy.Text.Length == 0)
        {
            throw Fail(RulesetErrorCode.Policy, policy.Start, "", "policy invalid", "ACCEPT, DROP or -");
        }
        TableEditor editor = _editor!;
        if (!editor.IsBuiltIn(name.Text) && editor.Create(name.Text) is { } refused)
        {
            throw Fail(RulesetErrorCode.Chain, name.Start, name.Text, $"error creating chain '{name.Text}':{refused.Message}");
        }
        if (policy.Text == "-")
        {
            return;
        }
        RuleCounters count = default;
        if (counters.Text.Length > 0)
        {
            count = CounterText.ParsePair(counters.Text)
                ?? throw Fail(RulesetErrorCode.Counters, counters.Start, counters.Text, $"invalid policy counters for chain '{name.Text}'", "[packets:bytes]");
        }
        if (editor.SetPolicy(name.Text, policy.Text, count) is { } failure)
        {
            throw Fail(
                RulesetErrorCode.Policy, policy.Start, policy.Text,
                $"Can't set policy `{policy.Text}' on `{name.Text}': {failure.Message}", editor.IsBuiltIn(name.Text) ? "ACCEPT, DROP or -" : "-");
        }
    }

    private void ReadRule(ReadOnlySpan<char> line)
    {
        int skipped = 0;
        RuleCounters counters = default;
        bool hasCounters = line[0] == '[';
        if (hasCounters)
        {
            int close = line.IndexOf(']');
            counters = (close < 0 ? null : CounterText.ParsePair(line[..(close + 1)]))
                ?? throw Fail(RulesetErrorCode.Counters, 0, FirstWord(line), "the counters are not numbers", "[packets:bytes]");
            skipped = close + 1;
        }
        if (_fast!.TryRead(line[skipped..], _editor!, out ChainDraft? chain) is { } rule)
        {
            _editor!.Append(chain!, rule, counters);
            return;
        }
        ReadTheLongWay(line, skipped, hasCounters ? counters : null);
    }

    private void ReadTheLongWay(ReadOnlySpan<char> line, int skipped, RuleCounters? counters)
    {
        List<string> words = ["-t", _editor!.Definition.Name];
        if (counters is { } given)
        {
            words.AddRange(["--set-counters", $"{given.Packets}", $"{given.Bytes}"]);
        }
        int first = words.Count;
        _tool.ErrorWord = -1;
        try
        {
            WordSplitter.SplitRestore(line[skipped..], words);
            ParsedCommand command = CommandParser.Parse(words, _tool);
            if (command.IsForOtherFamily)
            {
                return;
            }
            TableEditor editor = _editor;
            if (new CommandRunner(_tool, editor, editor.Build).Run(command) is { } failure)
            {
                throw FailAtWord(line, skipped, 1, RulesetErrorCode.Command, failure.Message);
            }
        }
        catch (IptablesException error)
        {
            int word = _tool.ErrorWord >= 0 ? _tool.ErrorWord : WordNamedIn(error.Message, words, first);
            throw FailAtWord(line, skipped, word - first, CodeOf(error.Message), error.Message.Trim('\n'));
        }
        catch (ToolExitException)
        {
            throw FailAtWord(line, skipped, 0, RulesetErrorCode.Option, "the line asks for help or a version");
        }
    }

    // Errors that are found when the whole line is known quote the word that they are about.
    private static int WordNamedIn(string message, List<string> words, int first)
    {
        // An apostrophe also stands in "Couldn't": it opens a quotation only where nothing else does.
        int start = message.AsSpan().IndexOfAny('`', '"');
        start = start < 0 ? message.IndexOf('\'', StringComparison.Ordinal) : start;
        int end = start < 0 ? -1 : message.AsSpan(start + 1).IndexOfAny('\'', '"');
        return end < 0 ? first : Math.Max(words.LastIndexOf(message.Substring(start + 1, end)), first);
    }

    private RulesetFormatException FailAtWord(ReadOnlySpan<char> line, int skipped, int word, string code, string message)
    {
        List<int> starts = [];
        WordSplitter.FindWords(line[skipped..], starts);
        int column = starts.Count == 0 ? 0 : skipped + starts[Math.Clamp(word, 0, starts.Count - 1)];
        string offending = FirstWord(line[column..]);
        return Fail(code, column, offending, message, ExpectedFor(code, offending));
    }

    private string ExpectedFor(string code, string name)
    {
        IEnumerable<ExtensionDeclaration> known = _tool.Registry.All.Where(extension => extension.IsFor(_tool.Family));
        return code switch
        {
            RulesetErrorCode.Match => NearNames.Of(name, known.OfType<MatchDeclaration>().Select(extension => extension.Name)),
            RulesetErrorCode.Target => NearNames.Of(
                name, known.OfType<TargetDeclaration>().Select(extension => extension.Name).Concat(_editor!.ChainNames())),
            RulesetErrorCode.Option => NearNames.Of(
                name, known.SelectMany(extension => extension.Options)
                    .SelectMany(option => option.Aliases.Add(option.Name)).Select(option => $"--{option}")),
            _ => "",
        };
    }

    private static string CodeOf(string message) =>
        message.StartsWith("Couldn't load match", StringComparison.Ordinal) ? RulesetErrorCode.Match
        : message.StartsWith("Couldn't load target", StringComparison.Ordinal)
            || message.StartsWith("goto '", StringComparison.Ordinal) ? RulesetErrorCode.Target
        : message.StartsWith("unknown option", StringComparison.Ordinal) ? RulesetErrorCode.Option
        : RulesetErrorCode.Value;

    private RulesetFormatException Fail(string code, int column, string offending, string message, string expected = "") =>
        new(code, message, _line, column + 1, _lineStart + column, offending, expected);

    private static (int Start, string Text) WordAt(ReadOnlySpan<char> line, int from)
    {
        int start = from;
        while (start < line.Length && line[start] is ' ' or '\t')
        {
            start++;
        }
        return (start, FirstWord(line[start..]));
    }

    private static string FirstWord(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny(' ', '\t');
        return (end < 0 ? text : text[..end]).ToString();
    }
}
