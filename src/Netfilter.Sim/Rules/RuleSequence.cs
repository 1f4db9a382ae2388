using System.Collections;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Netfilter.Sim.Rules;

/// <summary>
/// The rules of a chain with their counters: an immutable list in chunks, so that an edit copies one chunk and the list of
/// chunks, however long the chain (D2).
/// </summary>
public sealed class RuleSequence : IReadOnlyList<Rule>
{
    private const int FullChunk = 128;

    // Most chains of a large ruleset have a few rules without counters: those are the array itself.
    private readonly object _content;

    private RuleSequence(ImmutableArray<Chunk> chunks, int count)
    {
        bool isSmall = chunks.Length == 1 && chunks[0].Counters.IsDefault;
        _content = isSmall ? ImmutableCollectionsMarshal.AsArray(chunks[0].Rules)! : ImmutableCollectionsMarshal.AsArray(chunks)!;
        Count = count;
    }

    private RuleSequence(Rule[] rules) => (_content, Count) = (rules, rules.Length);

    /// <summary>No rules.</summary>
    public static RuleSequence Empty { get; } = new([], 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Rule this[int index]
    {
        get
        {
            if (_content is Rule[] rules)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)rules.Length);
                return rules[index];
            }
            (int chunk, int offset) = Locate(index);
            return Chunks[chunk].Rules[offset];
        }
    }

    /// <summary>The counters that the text gave, or that a snapshot of a namespace took.</summary>
    public RuleCounters CountersOf(int index)
    {
        if (_content is Rule[] rules)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)rules.Length);
            return default;
        }
        (int chunk, int offset) = Locate(index);
        ImmutableArray<RuleCounters> counters = Chunks[chunk].Counters;
        return counters.IsDefault ? default : counters[offset];
    }

    /// <summary>Whether a rule has counters other than zero.</summary>
    public bool HasCounters => _content is Chunk[] chunks && chunks.Any(chunk => !chunk.Counters.IsDefault);

    /// <summary>The array that is all there is to the sequence, if so.</summary>
    internal Rule[]? BareRules => _content as Rule[];

    /// <summary>The sequence of <see cref="BareRules"/>.</summary>
    internal static RuleSequence Of(Rule[] rules) => new(rules);

    /// <summary>Whether another sequence is this one, not only equal.</summary>
    internal bool IsSame(RuleSequence other) => ReferenceEquals(_content, other._content);

    /// <summary>Makes a sequence of rules whose counters are zero.</summary>
    public static RuleSequence Create(IEnumerable<Rule> rules)
    {
        Builder builder = new();
        foreach (Rule rule in rules)
        {
            builder.Add(rule);
        }
        return builder.Build();
    }

    /// <summary>A sequence with a rule put in before <paramref name="index"/>; at <see cref="Count"/> it is appended.</summary>
    public RuleSequence Insert(int index, Rule rule, RuleCounters counters = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)Count);
        ImmutableArray<Chunk> all = Chunks;
        if (all.Length == 0)
        {
            return new RuleSequence([Chunk.Of(rule, counters)], 1);
        }
        (int at, int offset) = index == Count ? (all.Length - 1, all[^1].Rules.Length) : Locate(index);
        Chunk changed = all[at].Insert(offset, rule, counters);
        ImmutableArray<Chunk> chunks = changed.Rules.Length <= FullChunk
            ? all.SetItem(at, changed)
            : all.SetItem(at, changed.Slice(0, FullChunk / 2)).Insert(at + 1, changed.Slice(FullChunk / 2));
        return new RuleSequence(chunks, Count + 1);
    }

    /// <summary>A sequence without the rule at <paramref name="index"/>.</summary>
    public RuleSequence RemoveAt(int index)
    {
        ImmutableArray<Chunk> all = Chunks;
        (int at, int offset) = Locate(index);
        Chunk changed = all[at].RemoveAt(offset);
        return new RuleSequence(
            changed.Rules.Length == 0 ? all.RemoveAt(at) : all.SetItem(at, changed), Count - 1);
    }

    /// <summary>A sequence with another rule at <paramref name="index"/>.</summary>
    public RuleSequence SetItem(int index, Rule rule, RuleCounters counters = default)
    {
        ImmutableArray<Chunk> all = Chunks;
        (int at, int offset) = Locate(index);
        return new RuleSequence(all.SetItem(at, all[at].SetItem(offset, rule, counters)), Count);
    }

    /// <summary>The same rules with all counters replaced.</summary>
    /// <param name="counters">Gives the counters of the rule at an index.</param>
    public RuleSequence WithCounters(Func<int, RuleCounters> counters)
    {
        Builder builder = new();
        int index = 0;
        foreach (Rule rule in this)
        {
            builder.Add(rule, counters(index++));
        }
        return builder.Build();
    }

    /// <inheritdoc/>
    public IEnumerator<Rule> GetEnumerator()
    {
        foreach (Chunk chunk in Chunks)
        {
            foreach (Rule rule in chunk.Rules)
            {
                yield return rule;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ImmutableArray<Chunk> Chunks => _content is Rule[] rules
        ? [new Chunk(ImmutableCollectionsMarshal.AsImmutableArray(rules), default)]
        : ImmutableCollectionsMarshal.AsImmutableArray((Chunk[])_content);

    private (int Chunk, int Offset) Locate(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        ImmutableArray<Chunk> all = Chunks;
        for (int i = 0; ; i++)
        {
            int length = all[i].Rules.Length;
            if (index < length)
            {
                return (i, index);
            }
            index -= length;
        }
    }

    private sealed record Chunk(ImmutableArray<Rule> Rules, ImmutableArray<RuleCounters> Counters)
    {
        public static Chunk Of(Rule rule, RuleCounters counters) =>
            new([rule], counters == default ? default : [counters]);

        public Chunk Insert(int offset, Rule rule, RuleCounters counters) =>
            new(Rules.Insert(offset, rule), Both(counters) ? Filled.Insert(offset, counters) : default);

        public Chunk SetItem(int offset, Rule rule, RuleCounters counters) =>
            new(Rules.SetItem(offset, rule), Both(counters) ? Filled.SetItem(offset, counters) : default);

        public Chunk RemoveAt(int offset) =>
            new(Rules.RemoveAt(offset), Counters.IsDefault ? default : Counters.RemoveAt(offset));

        public Chunk Slice(int start) => Slice(start, Rules.Length - start);

        public Chunk Slice(int start, int length) =>
            new(Rules.Slice(start, length), Counters.IsDefault ? default : Counters.Slice(start, length));

        private ImmutableArray<RuleCounters> Filled => Counters.IsDefault ? [.. new RuleCounters[Rules.Length]] : Counters;

        private bool Both(RuleCounters counters) => !Counters.IsDefault || counters != default;
    }

    /// <summary>Collects rules one after the other.</summary>
    public sealed class Builder
    {
        private readonly List<Chunk> _chunks = [];
        private Rule[] _rules = new Rule[4];
        private RuleCounters[]? _counters;
        private int _count;

        /// <summary>Number of rules added.</summary>
        public int Count { get; private set; }

        /// <summary>Appends a rule.</summary>
        public void Add(Rule rule, RuleCounters counters = default)
        {
            if (_count == _rules.Length)
            {
                Array.Resize(ref _rules, Math.Min(_count * 2, FullChunk));
            }
            if (_counters is null && counters != default)
            {
                _counters = new RuleCounters[FullChunk];
            }
            if (_counters is not null)
            {
                _counters[_count] = counters;
            }
            _rules[_count++] = rule;
            Count++;
            if (_count == FullChunk)
            {
                Close();
            }
        }

        /// <summary>The sequence of all that was added.</summary>
        public RuleSequence Build()
        {
            Close();
            return Count == 0 ? Empty : new RuleSequence([.. _chunks], Count);
        }

        private void Close()
        {
            if (_count > 0)
            {
                ImmutableArray<RuleCounters> counters = _counters is null ? default : [.. _counters.AsSpan(0, _count)];
                _chunks.Add(new Chunk([.. _rules.AsSpan(0, _count)], counters));
            }
            (_count, _counters) = (0, null);
        }
    }
}
