using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>What the scanner found.</summary>
internal enum ScanKind : byte
{
    /// <summary>The end of the words, or a <c>--</c>.</summary>
    End,

    /// <summary>A word that is no option.</summary>
    Operand,

    /// <summary>A base option: <see cref="OptionScanner.Letter"/>.</summary>
    Base,

    /// <summary>An extension's option: <see cref="OptionScanner.Found"/>.</summary>
    Extension,

    /// <summary>An option that nobody knows, or one of several.</summary>
    Unknown,

    /// <summary>An option whose word is missing.</summary>
    MissingWord,
}

/// <summary>
/// Walks the words of a command line as GNU <c>getopt_long</c> does in the mode that iptables uses: operands are returned
/// in order, long options may be shortened as long as one meaning remains, over all options known at that moment.
/// </summary>
internal sealed class OptionScanner(IReadOnlyList<string> words, IpFamily family, string program)
{
    private readonly IReadOnlyList<LongOption> _base = BaseOptions.LongOf(family);
    private readonly List<ExtensionDeclaration> _loaded = [];
    private string _cluster = "";
    private int _place;
    private int _blanked = -1;
    private bool _isSecondByte;

    /// <summary>Index of the next word (<c>optind</c>).</summary>
    public int Index { get; private set; }

    /// <summary>The option's word, or the operand; null when there is none (<c>optarg</c>).</summary>
    public string? Argument { get; private set; }

    /// <summary>The letter of a base option, or of an unknown short one.</summary>
    public char Letter { get; private set; }

    /// <summary>The extension's option.</summary>
    public LongOption Found { get; private set; }

    /// <summary>
    /// The word before <see cref="Index"/>, which iptables quotes in errors, and takes for addresses, interfaces and the
    /// protocol: a value glued to its option is taken together with the option. Before the first word is done with, it is the
    /// program's name.
    /// </summary>
    public string Previous => Index == 0 ? program : Index - 1 == _blanked ? "" : words[Index - 1];

    /// <summary>Number of words left.</summary>
    public int Left => words.Count - Index;

    /// <summary>Adds an extension's options: they are found before those loaded earlier, and after the base options.</summary>
    public void Load(ExtensionDeclaration extension) => _loaded.Insert(0, extension);

    /// <summary>Whether a word follows that could belong to a command (<c>xs_has_arg</c>).</summary>
    public bool HasOperand => Left > 0 && !words[Index].StartsWith('-') && !words[Index].StartsWith('!');

    /// <summary>The next word, whatever it is; null at the end.</summary>
    public string? Peek() => Left > 0 ? words[Index] : null;

    /// <summary>Consumes a word.</summary>
    public string Take() => words[Index++];

    /// <summary>
    /// Goes back one word, to scan it again with more options loaded. Within letters that share a word, reading goes on after
    /// the letter, and only the words that follow are another.
    /// </summary>
    public void Back() => Index--;

    /// <summary>Empties the word before <see cref="Index"/>, as the tool does to a <c>!</c> that it has read.</summary>
    public void BlankPrevious() => _blanked = Index - 1;

    public ScanKind Next()
    {
        Argument = null;
        Letter = '\0';
        if (_place < _cluster.Length)
        {
            return NextLetter();
        }
        if (Left == 0)
        {
            return ScanKind.End;
        }
        string word = words[Index];
        if (word.Length < 2 || word[0] != '-')
        {
            Argument = word;
            Index++;
            return ScanKind.Operand;
        }
        if (word == "--")
        {
            Index++;
            return ScanKind.End;
        }
        if (word[1] != '-')
        {
            (_cluster, _place) = (word, 1);
            return NextLetter();
        }
        return NextLong(word);
    }

    private ScanKind NextLetter()
    {
        Letter = _cluster[_place++];
        if (Letter >= 0x80)
        {
            return NextByte();
        }
        bool isLast = _place == _cluster.Length;
        ArgumentNeed? need = BaseOptions.NeedOf(Letter);
        if (isLast || need is ArgumentNeed.Required or ArgumentNeed.Optional)
        {
            Argument = isLast ? null : _cluster[_place..];
            _place = _cluster.Length;
            Index++;
        }
        if (need is null)
        {
            return ScanKind.Unknown;
        }
        if (need == ArgumentNeed.Required && Argument is null)
        {
            if (Left == 0)
            {
                return ScanKind.MissingWord;
            }
            Argument = words[Index++];
        }
        return ScanKind.Base;
    }

    // Such a character is several letters, none of them known, and the word is done with at the last only. Nothing follows the
    // second: by then all options are loaded.
    private ScanKind NextByte()
    {
        _isSecondByte = !_isSecondByte;
        bool isLast = _place == _cluster.Length && (ByteText.Length(Letter.ToString()) == 1 || (!_isSecondByte && Letter < 0x800));
        _place -= _isSecondByte ? 1 : 0;
        Index += isLast ? 1 : 0;
        return ScanKind.Unknown;
    }

    private ScanKind NextLong(string word)
    {
        Index++;
        int equals = word.IndexOf('=');
        ReadOnlySpan<char> name = equals < 0 ? word.AsSpan(2) : word.AsSpan(2, equals - 2);
        if (!TryFind(name, out LongOption option))
        {
            return ScanKind.Unknown;
        }
        if (equals >= 0)
        {
            if (option.Need == ArgumentNeed.No)
            {
                return ScanKind.Unknown;
            }
            Argument = word[(equals + 1)..];
        }
        else if (option.Need == ArgumentNeed.Required)
        {
            if (Left == 0)
            {
                return ScanKind.MissingWord;
            }
            Argument = words[Index++];
        }
        (Letter, Found) = (option.Letter, option);
        return option.Extension is null ? ScanKind.Base : ScanKind.Extension;
    }

    private bool TryFind(ReadOnlySpan<char> name, out LongOption found)
    {
        found = default;
        bool any = false, ambiguous = false;
        foreach (LongOption option in _base)
        {
            if (Consider(option, name, ref found, ref any, ref ambiguous))
            {
                return true;
            }
        }
        int load = 0;
        foreach (ExtensionDeclaration extension in _loaded)
        {
            load++;
            foreach (OptionSpec spec in extension.Options)
            {
                ArgumentNeed need = spec.Kind == OptionKind.None ? ArgumentNeed.No : ArgumentNeed.Required;
                if (Consider(new LongOption(spec.Name, need, '\0', extension, spec, load), name, ref found, ref any, ref ambiguous))
                {
                    return true;
                }
                foreach (string alias in spec.Aliases)
                {
                    if (Consider(new LongOption(alias, need, '\0', extension, spec, load), name, ref found, ref any, ref ambiguous))
                    {
                        return true;
                    }
                }
            }
        }
        return any && !ambiguous;
    }

    // Returns true for an exact name, which ends the search; the first of several prefixes is kept.
    private static bool Consider(
        in LongOption option, ReadOnlySpan<char> name, ref LongOption found, ref bool any, ref bool ambiguous)
    {
        if (!option.Name.AsSpan().StartsWith(name, StringComparison.Ordinal))
        {
            return false;
        }
        if (option.Name.Length == name.Length)
        {
            found = option;
            return true;
        }
        ambiguous |= any && !option.MeansSameAs(found);
        found = any ? found : option;
        any = true;
        return false;
    }
}
