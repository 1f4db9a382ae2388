namespace Netfilter.Sim.Sets;

/// <summary>A command line of <c>ipset</c>, taken apart (<c>ipset/lib/ipset.c ipset_parse_argv</c>).</summary>
internal sealed class SetCommandLine
{
    // In the order of the tool's table: the first that begins so is meant.
    private static readonly (SetCommand Command, string Name, string Letters, int Words)[] Commands =
    [
        (SetCommand.Create, "create", "N n new", 2), (SetCommand.Add, "add", "A", 2), (SetCommand.Delete, "del", "D", 2),
        (SetCommand.Test, "test", "T", 2), (SetCommand.Destroy, "destroy", "X x", 1), (SetCommand.List, "list", "L", 1),
        (SetCommand.Save, "save", "S", 1), (SetCommand.Restore, "restore", "R", 0), (SetCommand.Flush, "flush", "F", 1),
        (SetCommand.Rename, "rename", "E e", 2), (SetCommand.Swap, "swap", "W w", 2), (SetCommand.Help, "help", "H h", 1),
        (SetCommand.Version, "version", "V v", 0), (SetCommand.Quit, "quit", "q", 0),
    ];

    private static readonly string[] Flags =
        ["-s", "-sorted", "-q", "-quiet", "-r", "-resolve", "-!", "-exist", "-n", "-name", "-t", "-terse"];

    private static readonly string[] Valued = ["-o", "-output", "-f", "-file"];

    private readonly List<string> _rest = [];

    /// <summary>Takes the session's options out of a command line.</summary>
    /// <param name="words">The words after <c>ipset</c>.</param>
    /// <exception cref="IpSetException">The tool refuses them.</exception>
    public SetCommandLine(IReadOnlyList<string> words) => TakeOptions(words);

    /// <summary>The command.</summary>
    public SetCommand Command { get; private set; }

    /// <summary>The name of the set; null when none was given.</summary>
    public string? First { get; private set; }

    /// <summary>The type, element or second set.</summary>
    public string? Second { get; private set; }

    /// <summary>The words that follow.</summary>
    public IReadOnlyList<string> Rest => _rest;

    /// <summary><c>-exist</c>: what is there already, or is missing already, is no error.</summary>
    public bool Exist { get; private set; }

    /// <summary><c>-quiet</c>: errors are not printed.</summary>
    public bool Quiet { get; private set; }

    /// <summary><c>-sorted</c>.</summary>
    public bool Sorted { get; private set; }

    /// <summary><c>-name</c>.</summary>
    public bool NamesOnly { get; private set; }

    /// <summary><c>-terse</c>.</summary>
    public bool Terse { get; private set; }

    /// <summary><c>-output</c>: <c>plain</c>, <c>save</c> or <c>xml</c>; null when not given.</summary>
    public string? Output { get; private set; }

    /// <summary>Whether <c>-file</c> was given.</summary>
    public string? File { get; private set; }

    // Session options may stand anywhere, even where an option's value is expected.
    private void TakeOptions(IReadOnlyList<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            string name = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i][1..] : words[i];
            if (Flags.Contains(name))
            {
                SetFlag(name);
            }
            else if (Valued.Contains(name))
            {
                string value = ++i < words.Count ? words[i] : throw IpSetException.Usage($"Missing mandatory argument to option {name[..2]}");
                Output = name[1] == 'o' ? KnownOutput(value) : Output;
                File = name[1] == 'f' ? value : File;
            }
            else
            {
                _rest.Add(words[i]);
            }
        }
    }

    private static string KnownOutput(string text) => text is "plain" or "save" or "xml"
        ? text
        : throw IpSetException.Syntax($"unknown output mode '{text}'");

    private void SetFlag(string name)
    {
        Sorted |= name[1] == 's';
        Quiet |= name[1] == 'q';
        Exist |= name is "-!" or "-exist";
        NamesOnly |= name[1] == 'n';
        Terse |= name[1] == 't';
    }

    /// <summary>Finds the command and the words that it always takes.</summary>
    /// <param name="isRestoring">Whether the words are a line of <c>restore</c>'s input.</param>
    /// <exception cref="IpSetException">The tool refuses them.</exception>
    public void TakeCommand(bool isRestoring)
    {
        int at = _rest.Count == 0 ? -1 : Array.FindIndex(Commands, command => IsMeant(_rest[0], command.Name, command.Letters));
        if (at < 0)
        {
            throw IpSetException.Usage(_rest.Count == 0 ? "No command specified." : $"No command specified: unknown argument {_rest[0]}");
        }
        (Command, string name, _, int words) = Commands[at];
        if (isRestoring && Command is SetCommand.Restore or SetCommand.Help or SetCommand.Version)
        {
            throw IpSetException.Usage($"Command `{name}' is invalid in restore mode.");
        }
        _rest.RemoveAt(0);
        First = words > 0 ? Take() : null;
        if (words == 2)
        {
            First = First ?? throw IpSetException.Usage($"Missing mandatory argument to command {name}");
            Second = Take() ?? throw IpSetException.Usage($"Missing second mandatory argument to command {name}");
        }
        bool takesMore = Command is SetCommand.Create or SetCommand.Add or SetCommand.Delete or SetCommand.Test or SetCommand.Help;
        if (!takesMore && _rest.Count > 0)
        {
            throw IpSetException.Usage($"Unknown argument {_rest[0]}");
        }
    }

    private string? Take()
    {
        if (_rest.Count == 0)
        {
            return null;
        }
        string word = _rest[0];
        _rest.RemoveAt(0);
        return word;
    }

    // A name may be shortened, with two dashes or none; a capital stands alone behind one dash.
    private static bool IsMeant(string word, string name, string letters)
    {
        bool isLong = word.StartsWith("--", StringComparison.Ordinal);
        string bare = isLong ? word[2..] : word;
        if (bare.Length == 0)
        {
            return false;
        }
        string[] others = letters.Split(' ');
        if (!isLong && word.Length == 2 && word[0] == '-')
        {
            return others.Contains(word[1..]) && word[1] is not ('n' or 'x' or 'e' or 'w');
        }
        return name.StartsWith(bare, StringComparison.Ordinal)
            || Array.Exists(others, other => char.IsAsciiLetterLower(other[0]) && other.StartsWith(bare, StringComparison.Ordinal));
    }
}
