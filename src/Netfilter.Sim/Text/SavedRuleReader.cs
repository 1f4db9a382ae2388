using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// Reads <c>-A</c> lines in the form in which iptables-save writes them, without making words: each <c>-m …</c> or
/// <c>-j …</c> that was read before is not read again, and equal parts of rules become one object. Whatever does not have
/// that form, or is wrong, is left to <see cref="CommandParser"/>.
/// </summary>
internal sealed class SavedRuleReader(IpFamily family, string table, ExtensionRegistry registry, RuleEnvironment environment)
{
    private readonly Dictionary<int, Dictionary<string, Match>> _matches = [];
    private readonly Dictionary<int, Dictionary<string, Target>> _targets = [];
    private readonly Dictionary<string, ushort> _protocols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InterfacePattern> _interfaces = new(StringComparer.Ordinal);
    private readonly Dictionary<IpSpec, IpSpec> _specs = [];
    private readonly Dictionary<(Match, Match?), ImmutableArray<Match>> _lists = [];
    private readonly Dictionary<string, string> _chains = new(StringComparer.Ordinal);
    private readonly List<Match> _found = [];

    private IpSpecFlags _flags;
    private NetPrefix? _source, _destination;
    private InterfacePattern? _in, _out;
    private ushort _protocol;

    private RuleFacts Facts => new(family, table, _protocol, (_flags & IpSpecFlags.NotProtocol) != 0);

    // What a match or target is read as depends on the protocol that the rule is for.
    private int ProtocolKey => (_protocol << 1) | ((_flags & IpSpecFlags.NotProtocol) != 0 ? 1 : 0);

    /// <summary>Reads a line from <c>-A</c> on.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="hasChain">Whether the table has a chain of a name.</param>
    /// <param name="chain">The chain that the rule belongs to.</param>
    /// <param name="rule">The rule.</param>
    /// <returns>False when the line does not have the canonical form.</returns>
    public bool TryRead(
        ReadOnlySpan<char> line, Func<string, bool> hasChain, out ReadOnlySpan<char> chain, out Rule rule)
    {
        chain = default;
        rule = null!;
        if (!line.StartsWith("-A ", StringComparison.Ordinal))
        {
            return false;
        }
        (_flags, _source, _destination, _in, _out, _protocol) = (IpSpecFlags.None, null, null, null, null, 0);
        _found.Clear();
        ReadOnlySpan<char> rest = line[3..];
        chain = NextWord(ref rest);
        Target? target = null;
        if (!TryReadBase(ref rest) || !TryReadMatches(ref rest) || !TryReadTarget(ref rest, hasChain, ref target)
            || !rest.IsEmpty || !IsAllowedAt(chain, target))
        {
            return false;
        }
        rule = new Rule(Shared(new IpSpec(family, _source, _destination, _in, _out, _protocol, _flags)), MatchList(), target);
        return true;
    }

    /// <summary>The name of a chain as one object however often it is read.</summary>
    public string ChainName(ReadOnlySpan<char> chain)
    {
        Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> known =
            _chains.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!known.TryGetValue(chain, out string? name))
        {
            name = chain.ToString();
            _chains.Add(name, name);
        }
        return name;
    }

    private bool TryReadBase(ref ReadOnlySpan<char> rest)
    {
        while (!rest.IsEmpty)
        {
            bool not = rest.StartsWith("! ", StringComparison.Ordinal);
            ReadOnlySpan<char> at = not ? rest[2..] : rest;
            if (at.Length < 2 || at[0] != '-' || (at.Length > 2 && at[2] != ' '))
            {
                return false;
            }
            char letter = at[1];
            if (letter is 'm' or 'j' or 'g')
            {
                return !not;
            }
            at = at.Length > 3 ? at[3..] : default;
            if (!TryReadOption(letter, not, ref at))
            {
                return false;
            }
            rest = at;
        }
        return true;
    }

    private bool TryReadOption(char letter, bool not, ref ReadOnlySpan<char> rest)
    {
        if (letter == 'f' && family == IpFamily.IPv4)
        {
            _flags |= not ? IpSpecFlags.Fragment | IpSpecFlags.NotFragment : IpSpecFlags.Fragment;
            return true;
        }
        ReadOnlySpan<char> word = NextWord(ref rest);
        switch (letter)
        {
            case 's' when _source is null && TryReadPrefix(word, out NetPrefix source):
                _source = source;
                _flags |= not ? IpSpecFlags.NotSource : 0;
                return true;
            case 'd' when _destination is null && TryReadPrefix(word, out NetPrefix destination):
                _destination = destination;
                _flags |= not ? IpSpecFlags.NotDestination : 0;
                return true;
            case 'p' when _protocol == 0 && TryReadProtocol(word):
                _flags |= not ? IpSpecFlags.NotProtocol : 0;
                return true;
            case 'i' when _in is null && TryReadInterface(word, out _in):
                _flags |= not ? IpSpecFlags.NotInInterface : 0;
                return true;
            case 'o' when _out is null && TryReadInterface(word, out _out):
                _flags |= not ? IpSpecFlags.NotOutInterface : 0;
                return true;
            default:
                return false;
        }
    }

    private bool TryReadPrefix(ReadOnlySpan<char> word, out NetPrefix prefix)
    {
        prefix = default;
        int slash = word.IndexOf('/');
        return slash > 0
            && NetAddress.TryParse(word[..slash], out NetAddress address) && address.Family == family
            && int.TryParse(word[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length > 0 && length <= address.ByteCount * 8
            && TryMake(address, length, out prefix);
    }

    private static bool TryMake(NetAddress address, int length, out NetPrefix prefix)
    {
        prefix = new NetPrefix(address, length);
        return true;
    }

    private bool TryReadProtocol(ReadOnlySpan<char> word)
    {
        if (_protocols.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out _protocol))
        {
            return true;
        }
        string text = word.ToString();
        try
        {
            _protocol = NameParser.Protocol(text, environment.Names);
        }
        catch (IptablesException)
        {
            return false;
        }
        // The IPv6 tool warns of extension headers as protocols.
        bool isPlain = _protocol != 0 && !(family == IpFamily.IPv6 && _protocol is 43 or 44 or 51 or 59 or 60)
            && text.AsSpan().IndexOfAnyInRange('A', 'Z') < 0;
        if (isPlain)
        {
            _protocols.Add(text, _protocol);
        }
        return isPlain;
    }

    private bool TryReadInterface(ReadOnlySpan<char> word, out InterfacePattern? pattern)
    {
        pattern = null;
        if (word.Length is 0 or > InterfacePattern.MaxLength || word is "+" || word.ContainsAny("/!\""))
        {
            return false;
        }
        if (!_interfaces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out pattern))
        {
            pattern = new InterfacePattern(word.ToString());
            _interfaces.Add(pattern.Text, pattern);
        }
        return true;
    }

    private bool TryReadMatches(ref ReadOnlySpan<char> rest)
    {
        while (rest.StartsWith("-m ", StringComparison.Ordinal))
        {
            int end = SegmentEnd(rest);
            if (ReadMatch(rest[3..end]) is not { } match)
            {
                return false;
            }
            _found.Add(match);
            rest = end < rest.Length ? rest[(end + 1)..] : default;
        }
        return true;
    }

    private Match? ReadMatch(ReadOnlySpan<char> text)
    {
        Dictionary<string, Match> known = Cache(_matches);
        if (known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out Match? match))
        {
            return match;
        }
        ReadOnlySpan<char> options = text;
        MatchDeclaration? extension = registry.FindMatch(NextWord(ref options).ToString(), family);
        if (extension is null || !extension.InKernel)
        {
            return null;
        }
        match = extension.ReadSaved?.Invoke(options);
        if (match is null && Words(options) is { } words)
        {
            try
            {
                match = ExtensionReader.ReadMatch(extension, words, Facts, environment);
            }
            catch (IptablesException)
            {
                return null;
            }
        }
        if (match is not null)
        {
            known.Add(text.ToString(), match);
        }
        return match;
    }

    private bool TryReadTarget(ref ReadOnlySpan<char> rest, Func<string, bool> hasChain, ref Target? target)
    {
        if (rest.IsEmpty)
        {
            return true;
        }
        bool isGoto = rest.StartsWith("-g ", StringComparison.Ordinal);
        if ((!isGoto && !rest.StartsWith("-j ", StringComparison.Ordinal)) || SegmentEnd(rest) != rest.Length)
        {
            return false;
        }
        Dictionary<string, Target> known = Cache(_targets);
        if (!known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(rest, out target))
        {
            target = ReadTarget(rest[3..], isGoto, hasChain);
            if (target is null)
            {
                return false;
            }
            known.Add(rest.ToString(), target);
        }
        rest = default;
        return true;
    }

    private Target? ReadTarget(ReadOnlySpan<char> text, bool isGoto, Func<string, bool> hasChain)
    {
        ReadOnlySpan<char> options = text;
        string name = NextWord(ref options).ToString();
        if (hasChain(name))
        {
            return options.IsEmpty && registry.FindTarget(name, family) is null ? new JumpTarget(name, isGoto) : null;
        }
        if (isGoto)
        {
            return null;
        }
        VerdictTarget? verdict = name switch
        {
            "ACCEPT" => VerdictTarget.Accept,
            "DROP" => VerdictTarget.Drop,
            "RETURN" => VerdictTarget.Return,
            "QUEUE" => VerdictTarget.Queue,
            _ => null,
        };
        if (verdict is not null)
        {
            return options.IsEmpty ? verdict : null;
        }
        TargetDeclaration? extension = registry.FindTarget(name, family);
        if (extension is null || !extension.InKernel || Words(options) is not { } words)
        {
            return null;
        }
        try
        {
            return ExtensionReader.ReadTarget(extension, words, Facts, environment);
        }
        catch (IptablesException)
        {
            return null;
        }
    }

    // The tool's own checks of a rule's chain; the other parser finds the words for what they refuse.
    private bool IsAllowedAt(ReadOnlySpan<char> chain, Target? target) =>
        !(_out is not null && chain is "INPUT" or "PREROUTING")
        && !(_in is not null && chain is "OUTPUT" or "POSTROUTING")
        && !(table == "nat" && target == VerdictTarget.Drop);

    private Dictionary<string, T> Cache<T>(Dictionary<int, Dictionary<string, T>> byProtocol)
    {
        if (!byProtocol.TryGetValue(ProtocolKey, out Dictionary<string, T>? cache))
        {
            byProtocol.Add(ProtocolKey, cache = new Dictionary<string, T>(StringComparer.Ordinal));
        }
        return cache;
    }

    private IpSpec Shared(IpSpec spec)
    {
        if (_specs.TryGetValue(spec, out IpSpec? known))
        {
            return known;
        }
        _specs.Add(spec, spec);
        return spec;
    }

    private ImmutableArray<Match> MatchList()
    {
        if (_found.Count is 0 or > 2)
        {
            return [.. _found];
        }
        (Match, Match?) key = (_found[0], _found.Count > 1 ? _found[1] : null);
        if (!_lists.TryGetValue(key, out ImmutableArray<Match> list))
        {
            _lists.Add(key, list = [.. _found]);
        }
        return list;
    }

    // Where the next -m, -j or -g begins, or the end; what stands in quotes does not count.
    private static int SegmentEnd(ReadOnlySpan<char> text)
    {
        for (int i = 3; ;)
        {
            int next = text[i..].IndexOfAny(' ', '"');
            if (next < 0)
            {
                return text.Length;
            }
            i += next;
            if (text[i] == '"')
            {
                i = ClosingQuote(text, i + 1) + 1;
                if (i > text.Length)
                {
                    return text.Length;
                }
            }
            else
            {
                bool isNext = i + 3 < text.Length && text[i + 1] == '-' && text[i + 2] is 'm' or 'j' or 'g' && text[i + 3] == ' ';
                if (isNext)
                {
                    return i;
                }
                i++;
            }
        }
    }

    private static int ClosingQuote(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && text[from] != '"')
        {
            from += text[from] == '\\' ? 2 : 1;
        }
        return from;
    }

    private static string[]? Words(ReadOnlySpan<char> options)
    {
        List<string> words = [];
        try
        {
            WordSplitter.SplitRestore(options, words);
        }
        catch (IptablesException)
        {
            return null;
        }
        return [.. words];
    }

    private static ReadOnlySpan<char> NextWord(scoped ref ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(' ');
        ReadOnlySpan<char> word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return word;
    }
}
