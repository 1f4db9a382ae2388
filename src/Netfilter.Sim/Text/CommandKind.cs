namespace Netfilter.Sim.Text;

/// <summary>The commands of iptables (<c>CMD_*</c>); listing and zeroing may stand together.</summary>
[Flags]
internal enum CommandKind
{
    None = 0,
    Insert = 1,
    Delete = 2,
    DeleteNumber = 4,
    Replace = 8,
    Append = 0x10,
    List = 0x20,
    Flush = 0x40,
    Zero = 0x80,
    NewChain = 0x100,
    DeleteChain = 0x200,
    SetPolicy = 0x400,
    RenameChain = 0x800,
    ListRules = 0x1000,
    ZeroNumber = 0x2000,
    Check = 0x4000,

    /// <summary>Those that are given a rule.</summary>
    WithRule = Insert | Delete | Replace | Append | Check,
}

/// <summary>The base options that were met (<c>OPT_*</c>).</summary>
[Flags]
internal enum BaseOptionSet
{
    None = 0,
    Numeric = 1,
    Source = 2,
    Destination = 4,
    Protocol = 8,
    Jump = 0x10,
    Verbose = 0x20,
    Expanded = 0x40,
    InInterface = 0x80,
    OutInterface = 0x100,
    LineNumbers = 0x200,
    Counters = 0x400,
    Fragment = 0x800,
}

/// <summary>Letters of commands and options, and which go together (<c>iptables/xshared.c commands_v_options</c>).</summary>
internal static class CommandTable
{
    private const string CommandLetters = "IDDRALFZNXPESZC";
    private const string OptionLetters = "nsdpjvxio0cf";

    // A row for each command in the order of its bit, a column for each option in the order of its bit; x is illegal.
    private static readonly string[] Legal =
    [
        "x     x  x  ", // insert
        "x     x  xx ", // delete
        "xxxxx xxxxxx", // delete by number
        "x     x  x  ", // replace
        "x     x  x  ", // append
        " xxxx  xx xx", // list
        "xxxxx xxxxxx", // flush
        "xxxxx xxxxxx", // zero
        "xxxxx xxxxxx", // new chain
        "xxxxx xxxxxx", // delete chain
        "xxxxx xxxx x", // policy
        "xxxxx xxxxxx", // rename chain
        "xxxxx xxxxxx", // list rules
        "xxxxx xxxxxx", // zero by number
        "x     x  xx ", // check
    ];

    /// <summary>The letter of a command; of several that of the highest.</summary>
    public static char LetterOf(CommandKind command) =>
        CommandLetters[System.Numerics.BitOperations.Log2((uint)command)];

    /// <summary>The letter of an option.</summary>
    public static char LetterOf(BaseOptionSet option) =>
        OptionLetters[System.Numerics.BitOperations.TrailingZeroCount((uint)option)];

    /// <summary>The first option that none of the commands allows, or none.</summary>
    public static BaseOptionSet FirstIllegal(CommandKind commands, BaseOptionSet options)
    {
        for (int option = 0; option < OptionLetters.Length; option++)
        {
            bool isMet = ((int)options & (1 << option)) != 0;
            bool isLegal = Enumerable.Range(0, Legal.Length)
                .Any(row => ((int)commands & (1 << row)) != 0 && Legal[row][option] == ' ');
            if (isMet && !isLegal)
            {
                return (BaseOptionSet)(1 << option);
            }
        }
        return BaseOptionSet.None;
    }
}
