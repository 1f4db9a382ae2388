using System.Collections.Immutable;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// The matches and targets of a dump by their text, so that equal ones are read once and kept once. What an option means
/// may depend on the rule's protocol, so that each protocol has a cache of its own.
/// </summary>
internal sealed class SegmentCache(RuleFacts facts, RuleEnvironment environment)
{
    private readonly Dictionary<string, CachedMatch> _matches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ExtensionTarget> _targets = new(StringComparer.Ordinal);

    /// <summary>The match of a text such as <c>tcp --dport 80</c>; null when it must be read the long way.</summary>
    public CachedMatch? Match(MatchDeclaration extension, ReadOnlySpan<char> text)
    {
        Dictionary<string, CachedMatch>.AlternateLookup<ReadOnlySpan<char>> lookup =
            _matches.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(text, out CachedMatch? known))
        {
            return known;
        }
        int name = extension.Name.Length;
        Match? match = extension.ReadSaved?.Invoke(text.Length > name ? text[(name + 1)..] : default)
            ?? Read(extension, text)?.BuildMatch();
        if (match is null)
        {
            return null;
        }
        CachedMatch read = new(match);
        lookup[text] = read;
        return read;
    }

    /// <summary>The target of a text such as <c>DNAT --to-destination 10.0.0.1</c>; null when it must be read the long way.</summary>
    public ExtensionTarget? Target(TargetDeclaration extension, ReadOnlySpan<char> text)
    {
        Dictionary<string, ExtensionTarget>.AlternateLookup<ReadOnlySpan<char>> lookup =
            _targets.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(text, out ExtensionTarget? known))
        {
            return known;
        }
        int name = extension.Name.Length;
        if (extension.ReadSaved is { } readSaved && text.Length > name && readSaved(text[(name + 1)..], facts) is { } saved)
        {
            return saved;
        }
        if (Read(extension, text) is not { } session)
        {
            return null;
        }
        ExtensionTarget read = session.BuildTarget();
        lookup[text] = read;
        return read;
    }

    private OptionSession? Read(ExtensionDeclaration extension, ReadOnlySpan<char> text)
    {
        bool isPlain = true;
        RuleFacts rule = facts;
        OptionSession session = new(extension, () => rule, environment, _ => isPlain = false);
        try
        {
            return ReadOptions(session, Words(text)) && isPlain ? session : null;
        }
        catch (IptablesException)
        {
            // The long way finds the same error again, and its place.
            return null;
        }
    }

    private static bool ReadOptions(OptionSession session, List<string> words)
    {
        bool isInverted = false;
        for (int i = 1; i < words.Count;)
        {
            string word = words[i++];
            if (word == "!" && !isInverted)
            {
                isInverted = true;
                continue;
            }
            OptionSpec? option = word.StartsWith("--", StringComparison.Ordinal) ? session.Extension.FindOption(word.AsSpan(2)) : null;
            if (option is null || (option.Kind != OptionKind.None && i == words.Count))
            {
                return false;
            }
            string? argument = option.Kind == OptionKind.None ? null : words[i++];
            session.Meet(option, argument, isInverted, () => i < words.Count ? words[i] : null, () => i++);
            isInverted = false;
        }
        session.Finish();
        return !isInverted;
    }

    private static List<string> Words(ReadOnlySpan<char> text)
    {
        List<string> words = [];
        LineTokens tokens = new(text);
        for (LineToken token = tokens.Next(); token.Length > 0; token = tokens.Next())
        {
            words.Add(LineTokens.TextOf(text, token));
        }
        return words;
    }
}

/// <summary>A match that was read, alone and as the list of a rule that has no other.</summary>
internal sealed class CachedMatch(Match match)
{
    private ImmutableArray<Match> _alone, _pair;
    private CachedMatch? _partner;

    public Match Match { get; } = match;

    public ImmutableArray<Match> Alone => _alone.IsDefault ? _alone = [Match] : _alone;

    /// <summary>The list of a rule that has this match and another; rules with the same two mostly follow each other.</summary>
    public ImmutableArray<Match> With(CachedMatch other)
    {
        if (!ReferenceEquals(_partner, other))
        {
            (_partner, _pair) = (other, [Match, other.Match]);
        }
        return _pair;
    }
}
