using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// Reads the lines that dumps are made of, <c>-A CHAIN …</c> with options spelled in full, without copying. Whatever is
/// not of that form, and every error, is left to <see cref="CommandParser"/>, which gives the same rule or the tool's words.
/// </summary>
internal sealed class FastRuleReader
{
    private const int MaxMatches = 16;

    /// <summary>Matches whose options mean the same for every protocol, so that <c>-p</c> may follow them.</summary>
    private static readonly string[] ProtocolBlind =
        ["comment", "conntrack", "mark", "connmark", "addrtype", "state", "statistic", "set", "limit", "recent", "physdev"];

    private readonly ToolContext _tool;
    private readonly string _table;
    private readonly Dictionary<int, SegmentCache> _caches = [];
    private readonly Dictionary<string, MatchDeclaration?> _matchNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TargetDeclaration?> _targetNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ushort> _protocols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InterfacePattern> _interfaces = new(StringComparer.Ordinal);
    private readonly Dictionary<int, IpSpec> _plainSpecs = [];
    private readonly Segment[] _segments = new Segment[MaxMatches];
    private readonly char[] _joined = new char[2048];
    private readonly NetPrefix _any;

    public FastRuleReader(ToolContext tool, string table)
    {
        (_tool, _table) = (tool, table);
        _any = new NetPrefix(new NetAddress(tool.Family, 0), 0);
    }

    /// <summary>Reads a line, its line feed left out.</summary>
    /// <param name="line">The line, after counters.</param>
    /// <param name="editor">The table.</param>
    /// <param name="chain">The chain that the rule is for.</param>
    /// <returns>The rule, or null when the line must be read the long way.</returns>
    public Rule? TryRead(ReadOnlySpan<char> line, TableEditor editor, out ChainDraft? chain)
    {
        chain = null;
        LineTokens tokens = new(line);
        LineToken command = tokens.Next();
        LineToken name = tokens.Next();
        if (name.Length == 0 || name.IsQuoted || !line.Slice(command.Start, command.Length).SequenceEqual("-A"))
        {
            return null;
        }
        chain = editor.Draft(line.Slice(name.Start, name.Length));
        if (chain is null)
        {
            return null;
        }
        Head head = new() { Source = _any, Destination = _any };
        int count = 0;
        Target? target = null;
        bool isInverted = false;
        for (LineToken token = tokens.Next(); token.Length > 0; token = tokens.Next())
        {
            ReadOnlySpan<char> word = line.Slice(token.Start, token.Length);
            if (word is "!" && !isInverted)
            {
                isInverted = true;
                continue;
            }
            if (word is "-j" or "-g")
            {
                return !isInverted && !tokens.IsSpecial && TakeTarget(line, ref tokens, word[1] == 'g', editor, head, out target)
                    && IsAllowed(chain, head, target) && !tokens.IsSpecial
                    ? Build(line, head, count, target)
                    : null;
            }
            bool isTaken = word is "-m" ? !isInverted && TakeMatch(line, tokens.Next(), ref count)
                : word.StartsWith("--") ? TakeOption(line, ref tokens, token, isInverted, count)
                : word[0] == '-' && TakeBase(word, line, ref tokens, isInverted, ref head, count);
            if (!isTaken)
            {
                return null;
            }
            isInverted = false;
        }
        return isInverted || tokens.IsSpecial || !IsAllowed(chain, head, null) ? null : Build(line, head, count, null);
    }

    private Rule? Build(ReadOnlySpan<char> line, in Head head, int count, Target? target)
    {
        SegmentCache cache = CacheOf(head);
        if (count == 1)
        {
            return Read(cache, line, _segments[0]) is { } single ? new Rule(SpecOf(head), single.Alone, target) : null;
        }
        if (count == 0)
        {
            return new Rule(SpecOf(head), [], target);
        }
        if (count == 2)
        {
            return Read(cache, line, _segments[0]) is { } first && Read(cache, line, _segments[1]) is { } second
                ? new Rule(SpecOf(head), first.With(second), target)
                : null;
        }
        Match[] matches = new Match[count];
        for (int i = 0; i < count; i++)
        {
            if (Read(cache, line, _segments[i]) is not { } read)
            {
                return null;
            }
            matches[i] = read.Match;
        }
        return new Rule(SpecOf(head), System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(matches), target);
    }

    private CachedMatch? Read(SegmentCache cache, ReadOnlySpan<char> line, in Segment segment)
    {
        if (ReferenceEquals(segment.Extension, CommentMatch.Extension))
        {
            // The same remark often stands in rules of several protocols.
            cache = CacheOf(default);
        }
        if (segment.OptionsEnd == 0)
        {
            return cache.Match(segment.Extension, line.Slice(segment.NameStart, segment.NameLength));
        }
        if (segment.OptionsStart == segment.NameStart + segment.NameLength + 1)
        {
            return cache.Match(segment.Extension, line[segment.NameStart..segment.OptionsEnd]);
        }

        // Base options stand between the name and its options: the text without them is the same match.
        int length = segment.NameLength + 1 + segment.OptionsEnd - segment.OptionsStart;
        if (length > _joined.Length)
        {
            return null;
        }
        line.Slice(segment.NameStart, segment.NameLength).CopyTo(_joined);
        _joined[segment.NameLength] = ' ';
        line[segment.OptionsStart..segment.OptionsEnd].CopyTo(_joined.AsSpan(segment.NameLength + 1));
        return cache.Match(segment.Extension, _joined.AsSpan(0, length));
    }

    private SegmentCache CacheOf(in Head head)
    {
        int key = (head.Protocol << 1) | ((head.Flags & IpSpecFlags.NotProtocol) != 0 ? 1 : 0);
        if (!_caches.TryGetValue(key, out SegmentCache? cache))
        {
            RuleFacts facts = new(_tool.Family, _table, head.Protocol, (key & 1) != 0);
            _caches.Add(key, cache = new SegmentCache(facts, _tool.Environment));
        }
        return cache;
    }

    private IpSpec SpecOf(in Head head)
    {
        bool isPlain = (head.Seen & ~BaseOptionSet.Protocol) == 0 && head.Flags == IpSpecFlags.None;
        if (isPlain && _plainSpecs.TryGetValue(head.Protocol, out IpSpec? known))
        {
            return known;
        }
        IpSpec spec = new(
            _tool.Family, head.Source, head.Destination, head.InInterface, head.OutInterface, head.Protocol, head.Flags);
        if (isPlain)
        {
            _plainSpecs.Add(head.Protocol, spec);
        }
        return spec;
    }

    private bool TakeMatch(ReadOnlySpan<char> line, LineToken token, ref int count)
    {
        if (token.Length == 0 || token.IsQuoted || count == MaxMatches)
        {
            return false;
        }
        ReadOnlySpan<char> name = line.Slice(token.Start, token.Length);
        Dictionary<string, MatchDeclaration?>.AlternateLookup<ReadOnlySpan<char>> names =
            _matchNames.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!names.TryGetValue(name, out MatchDeclaration? extension))
        {
            extension = _tool.Registry.FindMatch(name.ToString(), _tool.Family);
            names[name] = extension;
        }
        if (extension is not { InKernel: true })
        {
            return false;
        }
        _segments[count++] = new Segment(extension, token.Start, token.Length, 0, 0);
        return true;
    }

    // An option belongs to the last match; that match's options must stand together.
    private bool TakeOption(ReadOnlySpan<char> line, ref LineTokens tokens, LineToken token, bool isInverted, int count)
    {
        if (count == 0)
        {
            return false;
        }
        ref Segment segment = ref _segments[count - 1];
        if (segment.Extension.FindOption(line.Slice(token.Start + 2, token.Length - 2)) is not { } option)
        {
            return false;
        }
        int start = isInverted ? token.Start - 2 : token.Start;
        bool isNext = segment.OptionsEnd == 0 || segment.OptionsEnd + 1 == start;
        if (!isNext || (isInverted && line[start] != '!'))
        {
            return false;
        }
        int end = token.End;
        if (option.Kind != OptionKind.None)
        {
            LineToken value = tokens.Next();
            if (value.Length == 0)
            {
                return false;
            }
            end = value.End;
        }
        if (option.TakesTwoWords)
        {
            end = tokens.Next().End;
        }
        segment = segment with { OptionsStart = segment.OptionsEnd == 0 ? start : segment.OptionsStart, OptionsEnd = end };
        return true;
    }

    private bool TakeBase(
        ReadOnlySpan<char> word, ReadOnlySpan<char> line, ref LineTokens tokens, bool isInverted, ref Head head, int count)
    {
        if (word.Length != 2)
        {
            return false;
        }
        BaseOptionSet option = OptionOf(word[1]);
        if (option == BaseOptionSet.None || (head.Seen & option) != 0)
        {
            return false;
        }
        head.Seen |= option;
        head.Flags |= isInverted ? InverseOf(option) : IpSpecFlags.None;
        if (option == BaseOptionSet.Fragment)
        {
            head.Flags |= IpSpecFlags.Fragment;
            return _tool.Family == IpFamily.IPv4;
        }
        LineToken token = tokens.Next();
        if (token.Length == 0 || token.IsQuoted)
        {
            return false;
        }
        ReadOnlySpan<char> value = line.Slice(token.Start, token.Length);
        return option switch
        {
            BaseOptionSet.Source => PlainPrefix.TryParse(value, _tool.Family, out head.Source),
            BaseOptionSet.Destination => PlainPrefix.TryParse(value, _tool.Family, out head.Destination),
            BaseOptionSet.InInterface => TryInterface(value, out head.InInterface),
            BaseOptionSet.OutInterface => TryInterface(value, out head.OutInterface),
            _ => TakeProtocol(value, ref head, count),
        };
    }

    private bool TakeProtocol(ReadOnlySpan<char> text, ref Head head, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_segments[i].OptionsEnd != 0 && !ProtocolBlind.Contains(_segments[i].Extension.Name))
            {
                return false;
            }
        }
        Dictionary<string, ushort>.AlternateLookup<ReadOnlySpan<char>> known = _protocols.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!known.TryGetValue(text, out ushort protocol))
        {
            if (text.ContainsAnyInRange('A', 'Z') || NameOrNull(text.ToString()) is not { } read)
            {
                return false;
            }
            known[text] = protocol = read;
        }
        head.Protocol = protocol;
        bool isPlain = protocol != 0 && !(_tool.Family == IpFamily.IPv6 && protocol is 43 or 44 or 51 or 60);
        return isPlain;
    }

    private ushort? NameOrNull(string text)
    {
        try
        {
            return NameParser.Protocol(text, _tool.Environment.Names);
        }
        catch (IptablesException)
        {
            return null;
        }
    }

    private bool TryInterface(ReadOnlySpan<char> name, out InterfacePattern? pattern)
    {
        Dictionary<string, InterfacePattern>.AlternateLookup<ReadOnlySpan<char>> known =
            _interfaces.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!known.TryGetValue(name, out pattern))
        {
            if (name.Length > InterfacePattern.MaxLength || name.Contains('/') || name.ContainsAnyExceptInRange('!', '~'))
            {
                return false;
            }
            pattern = new InterfacePattern(name.ToString());
            known[name] = pattern;
        }
        return true;
    }

    private bool TakeTarget(
        ReadOnlySpan<char> line, ref LineTokens tokens, bool isGoto, TableEditor editor, in Head head, out Target? target)
    {
        target = null;
        LineToken token = tokens.Next();
        if (token.Length == 0 || token.IsQuoted)
        {
            return false;
        }
        ReadOnlySpan<char> name = line.Slice(token.Start, token.Length);
        LineToken after = tokens.Next();
        bool isLast = after.Length == 0;
        target = isGoto ? null : VerdictOf(name);
        if (target is null && editor.Draft(name) is { } chain)
        {
            target = chain.IsBuiltIn ? null : isGoto ? chain.Goto : chain.Jump;
            return isLast && target is not null;
        }
        if (target is not null)
        {
            return isLast && !(_table == "nat" && target == VerdictTarget.Drop);
        }
        if (isGoto || FindTarget(name) is not { InKernel: true } extension)
        {
            return false;
        }
        int end = token.End;
        for (; after.Length > 0; after = tokens.Next())
        {
            // Base options and matches may follow the target on a command line, but never do in a dump.
            ReadOnlySpan<char> word = line.Slice(after.Start, after.Length);
            if (word.Length == 2 && word[0] == '-')
            {
                return false;
            }
            end = after.End;
        }
        target = CacheOf(head).Target(extension, line[token.Start..end]);
        return target is not null;
    }

    private TargetDeclaration? FindTarget(ReadOnlySpan<char> name)
    {
        Dictionary<string, TargetDeclaration?>.AlternateLookup<ReadOnlySpan<char>> names =
            _targetNames.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!names.TryGetValue(name, out TargetDeclaration? extension))
        {
            extension = _tool.Registry.FindTarget(name.ToString(), _tool.Family);
            names[name] = extension;
        }
        return extension;
    }

    private static VerdictTarget? VerdictOf(ReadOnlySpan<char> name) => name switch
    {
        "ACCEPT" => VerdictTarget.Accept,
        "DROP" => VerdictTarget.Drop,
        "RETURN" => VerdictTarget.Return,
        "QUEUE" => VerdictTarget.Queue,
        _ => null,
    };

    // What the tool refuses by a chain's name.
    private static bool IsAllowed(ChainDraft chain, in Head head, Target? target) =>
        !((head.Seen & BaseOptionSet.OutInterface) != 0 && chain.Name is "PREROUTING" or "INPUT")
        && !((head.Seen & BaseOptionSet.InInterface) != 0 && chain.Name is "POSTROUTING" or "OUTPUT");

    private static BaseOptionSet OptionOf(char letter) => letter switch
    {
        's' => BaseOptionSet.Source,
        'd' => BaseOptionSet.Destination,
        'i' => BaseOptionSet.InInterface,
        'o' => BaseOptionSet.OutInterface,
        'p' => BaseOptionSet.Protocol,
        'f' => BaseOptionSet.Fragment,
        _ => BaseOptionSet.None,
    };

    private static IpSpecFlags InverseOf(BaseOptionSet option) => option switch
    {
        BaseOptionSet.Source => IpSpecFlags.NotSource,
        BaseOptionSet.Destination => IpSpecFlags.NotDestination,
        BaseOptionSet.InInterface => IpSpecFlags.NotInInterface,
        BaseOptionSet.OutInterface => IpSpecFlags.NotOutInterface,
        BaseOptionSet.Protocol => IpSpecFlags.NotProtocol,
        _ => IpSpecFlags.NotFragment,
    };

    private struct Head
    {
        public NetPrefix Source;
        public NetPrefix Destination;
        public InterfacePattern? InInterface;
        public InterfacePattern? OutInterface;
        public ushort Protocol;
        public IpSpecFlags Flags;
        public BaseOptionSet Seen;
    }

    /// <summary>The text of one match: where its name stands and, when there are any, its options.</summary>
    private readonly record struct Segment(
        MatchDeclaration Extension, int NameStart, int NameLength, int OptionsStart, int OptionsEnd);
}
