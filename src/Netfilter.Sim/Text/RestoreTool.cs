using System.Globalization;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// The program <c>iptables-restore</c> or <c>ip6tables-restore</c> (<c>iptables/iptables-restore.c</c>): each table is put
/// in place at its own <c>COMMIT</c>.
/// </summary>
internal sealed class RestoreTool
{
    private const int LineBuffer = 10239;
    private const int MaxChainName = 28;

    private static readonly (string, ArgumentNeed, char)[] OptionTable =
    [
        ("counters", ArgumentNeed.No, 'c'), ("verbose", ArgumentNeed.No, 'v'), ("version", ArgumentNeed.No, 'V'),
        ("test", ArgumentNeed.No, 't'), ("help", ArgumentNeed.No, 'h'), ("noflush", ArgumentNeed.No, 'n'),
        ("modprobe", ArgumentNeed.Required, 'M'), ("table", ArgumentNeed.Required, 'T'), ("wait", ArgumentNeed.Optional, 'w'),
        ("wait-interval", ArgumentNeed.Optional, 'W'), ("ipv4", ArgumentNeed.No, '4'), ("ipv6", ArgumentNeed.No, '6'),
    ];

    private readonly ToolContext _tool;
    private readonly RulesetAccess _tables;
    private bool _withCounters, _isVerbose, _isTest, _keepsRules;
    private string? _onlyTable;
    private TableEditor? _editor;
    private FastRuleReader? _fast;
    private string _tableName = "";

    private RestoreTool(ToolContext tool, RulesetAccess tables) => (_tool, _tables) = (tool, tables);

    /// <summary>The line that is being read, from 1; 0 before the first.</summary>
    public int Line { get; private set; }

    /// <summary>Runs a command.</summary>
    /// <param name="words">The words after the program's name.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="tool">Name, family, extensions; takes the output.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="line">Told the number of the line that is being read.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> words, string input, ToolContext tool, RulesetAccess tables, Action<int> line)
    {
        RestoreTool restore = new(tool, tables);
        restore.ReadOptions(words);
        return restore.ReadLines(input, line);
    }

    private void ReadOptions(IReadOnlyList<string> words)
    {
        GetOpt scanner = new(_tool.Program, $"Try `{_tool.Program} -h' for more information.\n", OptionTable);
        (List<(char Letter, string? Word)> options, List<string> operands) = scanner.Read(words);
        foreach ((char letter, string? word) in options)
        {
            _withCounters |= letter == 'c';
            _isVerbose |= letter == 'v';
            _isTest |= letter == 't';
            _keepsRules |= letter == 'n';
            _onlyTable = letter == 'T' ? word : _onlyTable;
            string? wait = letter is 'w' or 'W' ? word ?? TakeNumber(operands) : null;
            if (wait is not null && !WaitText.IsNumber(wait))
            {
                throw OptionCall.Error(letter == 'w' ? "wait seconds not numeric" : "wait interval not numeric");
            }
            if (letter is 'V' or 'h')
            {
                throw new ToolExitException(0, letter == 'V' ? $"{_tool.Program} v1.8.9 (legacy)\n" : Usage());
            }
        }
        if (operands.Count > 0)
        {
            string message = operands.Count > 1
                ? "Unknown arguments found on commandline\n"
                : $"Can't open {operands[0]}: No such file or directory\n";
            throw new IptablesException(IptablesExit.OtherProblem, message) { IsBare = true };
        }
    }

    private string Usage() =>
        $"Usage: {_tool.Program} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]\n"
        + "  -c counters too, -v verbose, -t test only, -n keep what is there, -T one table only\n";

    // A word after -w is its number although it is not glued to it.
    private static string? TakeNumber(List<string> operands)
    {
        if (operands.Count == 0)
        {
            return null;
        }
        string number = operands[0];
        operands.RemoveAt(0);
        return number;
    }

    private int ReadLines(string input, Action<int> atLine)
    {
        for (int start = 0; start < input.Length;)
        {
            int feed = input.IndexOf('\n', start);
            int end = feed < 0 ? input.Length : feed + 1;
            end = end - start > LineBuffer / 3 ? CutLine(input, start, end) : end;
            atLine(++Line);
            if (!Take(input.AsSpan(start, end - start)))
            {
                _tool.Stderr.Append(CultureInfo.InvariantCulture, $"{_tool.Program}: line {Line} failed\n");
                return 1;
            }
            start = end;
        }
        if (_editor is not null)
        {
            _tool.Stderr.Append(CultureInfo.InvariantCulture, $"{_tool.Program}: COMMIT expected at line {Line + 1}\n");
            return 1;
        }
        return 0;
    }

    // The tool reads into a buffer of 10 KiB: what is longer counts as several lines.
    private static int CutLine(string input, int start, int end)
    {
        int bytes = 0, at = start;
        for (; at < end && bytes < LineBuffer; at++)
        {
            bytes += ByteText.Length(input.AsSpan(at, 1));
        }
        return at;
    }

    // False when the tool ends with "line N failed".
    private bool Take(ReadOnlySpan<char> line)
    {
        if (line[0] == '\n')
        {
            return true;
        }
        if (line[0] == '#')
        {
            if (_isVerbose)
            {
                _tool.Stdout.Append(line);
            }
            return true;
        }
        bool isOk;
        if (_editor is not null && line.SequenceEqual("COMMIT\n"))
        {
            isOk = Commit();
        }
        else if (_editor is null && line[0] == '*')
        {
            isOk = TakeTable(line[1..]);
        }
        else if (_editor is not null && line[0] == ':')
        {
            TakeChain(line[1..]);
            isOk = true;
        }
        else
        {
            isOk = _editor is not null && TakeRule(line);
        }
        bool isSkipped = _onlyTable is not null && _onlyTable != _tableName;
        return isOk || isSkipped;
    }

    private bool Commit()
    {
        TableEditor editor = _editor!;
        _editor = null;
        ToolError? failure = _isTest ? null : _tables.Commit(editor, keepsCounters: _keepsRules);
        if (failure is { IsOfSimulator: true })
        {
            _tool.Stderr.Append(failure.Line(_tool.Program));
        }
        return failure is null;
    }

    private bool TakeTable(ReadOnlySpan<char> rest)
    {
        string name = NextWord(ref rest) ?? throw AtLine("table name invalid");
        _tableName = ByteText.Cut(name, 32);
        if (_onlyTable is not null && _onlyTable != name)
        {
            return true;
        }
        TableDefinition table = TableDefinition.Find(name)
            ?? throw OptionCall.Error($"{_tool.Program}: unable to initialize table '{name}'\n".TrimEnd('\n'));
        if (!_keepsRules)
        {
            EchoFlush(table);
        }
        _fast = new FastRuleReader(_tool, table.Name);
        _editor = _keepsRules ? _tables.Open(table) : _tables.OpenEmpty(table);
        return true;
    }

    private void EchoFlush(TableDefinition definition)
    {
        if (!_isVerbose)
        {
            return;
        }
        TableEditor present = _tables.Open(definition);
        foreach (string chain in present.ChainNames())
        {
            _tool.Stdout.Append(CultureInfo.InvariantCulture, $"Flushing chain `{chain}'\n");
        }
        foreach (string chain in present.ChainNames().Where(name => !present.IsBuiltIn(name)))
        {
            _tool.Stdout.Append(CultureInfo.InvariantCulture, $"Deleting chain `{chain}'\n");
        }
    }

    private void TakeChain(ReadOnlySpan<char> rest)
    {
        TableEditor editor = _editor!;
        string chain = NextWord(ref rest) ?? throw AtLine("chain name invalid");
        if (ByteText.Length(chain) > MaxChainName)
        {
            throw OptionCall.Error($"Invalid chain name `{chain}' (28 chars max)");
        }
        if (!editor.IsBuiltIn(chain))
        {
            if (_keepsRules && editor.Has(chain))
            {
                editor.Flush(chain);
            }
            else if (editor.Create(chain) is not null)
            {
                throw OptionCall.Error($"error creating chain '{chain}':File exists");
            }
        }
        string policy = NextWord(ref rest) ?? throw AtLine("policy invalid");
        if (policy != "-")
        {
            SetPolicy(chain, policy, NextWord(ref rest));
        }
    }

    private void SetPolicy(string chain, string policy, string? counters)
    {
        RuleCounters policyCounters = default;
        if (_withCounters)
        {
            policyCounters = (counters is null ? null : CounterText.ParsePair(counters))
                ?? throw OptionCall.Error($"invalid policy counters for chain '{chain}'");
        }
        if (_editor!.SetPolicy(chain, policy, policyCounters) is { } failure)
        {
            throw new IptablesException(
                IptablesExit.OtherProblem, $"Can't set policy `{policy}' on `{chain}' line {Line}: {failure.Message}");
        }
    }

    private bool TakeRule(ReadOnlySpan<char> line)
    {
        List<string> words = ["-t", _tableName];
        line = TakeRuleCounters(line, words);
        if (!_isVerbose && TryTakeFast(line, words))
        {
            return true;
        }
        WordSplitter.SplitRestore(line, words);
        ParsedCommand command = CommandParser.Parse(words, _tool);
        if (command.IsForOtherFamily)
        {
            return true;
        }
        command.Verbosity += _isVerbose && !_keepsRules ? 1 : 0;
        TableEditor editor = _editor!;
        return new CommandRunner(_tool, editor, () => _tables.Snapshot(editor.Definition)).Run(command) is null;
    }

    // The common form; counters in words are for -c.
    private bool TryTakeFast(ReadOnlySpan<char> line, List<string> words)
    {
        RuleCounters counters = default;
        if (words.Count > 2)
        {
            if (!ulong.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out ulong packets)
                || !ulong.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes))
            {
                return false;
            }
            counters = new RuleCounters(packets, bytes);
        }
        ReadOnlySpan<char> bare = line.TrimEnd('\n');
        if (_fast!.TryRead(bare, _editor!, out ChainDraft? chain) is not { } rule)
        {
            return false;
        }
        _editor!.Append(chain!, rule, counters);
        return true;
    }

    // tokenize_rule_counters looks for the bracket first and cuts the numbers with strtok then: delimiters in front of a number are
    // skipped, a colon that is missing is looked for in the rule, and where the rule's text was cut it ends.
    private ReadOnlySpan<char> TakeRuleCounters(ReadOnlySpan<char> line, List<string> words)
    {
        if (line[0] != '[')
        {
            return line;
        }
        int close = line.IndexOf(']');
        int first = close < 0 ? -1 : line[1..].IndexOfAnyExcept(':') + 1;
        int colon = first <= 0 ? -1 : line[first..].IndexOf(':');
        int second = colon < 0 ? -1 : line[(first + colon + 1)..].IndexOfAnyExcept(']');
        if (second < 0)
        {
            throw OptionCall.Error(string.Create(CultureInfo.InvariantCulture, $"Bad line {Line}: need ]"));
        }
        colon += first;
        second += colon + 1;
        int end = line[second..].IndexOf(']');
        end = end < 0 ? line.Length : second + end;
        if (_withCounters)
        {
            words.AddRange(["--set-counters", line[first..colon].ToString(), line[second..end].ToString()]);
        }
        int cut = colon > close ? colon : end > close ? end : line.Length;
        return line[(close + 1)..cut];
    }

    private IptablesException AtLine(string message) => OptionCall.Error(
        string.Create(CultureInfo.InvariantCulture, $"{_tool.Program}: line {Line} {message}"));

    private static string? NextWord(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(" \t\n");
        if (rest.IsEmpty)
        {
            return null;
        }
        int end = rest.IndexOfAny(' ', '\t', '\n');
        string word = (end < 0 ? rest : rest[..end]).ToString();
        rest = end < 0 ? default : rest[end..];
        return word;
    }
}
