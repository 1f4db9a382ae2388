using System.Collections;
using System.Collections.Immutable;

namespace Netfilter.Sim.Rules;

/// <summary>
/// The rules of a chain with their counters: an immutable list in chunks, so that an edit copies one chunk and the list of
/// chunks, however long the chain (D2).
/// </summary>
public sealed class RuleSequence : IReadOnlyList<Rule>
{
    private const int FullChunk = 128;

    private readonly ImmutableArray<Chunk> _chunks;

    private RuleSequence(ImmutableArray<Chunk> chunks, int count)
    {
        _chunks = chunks;
        Count = count;
    }

    /// <summary>No rules.</summary>
    public static RuleSequence Empty { get; } = new([], 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Rule this[int index]
    {
        get
        {
            (int chunk, int offset) = Locate(index);
            return _chunks[chunk].Rules[offset];
        }
    }

    /// <summary>The counters that the text gave, or that a snapshot of a namespace took.</summary>
    public RuleCounters CountersOf(int index)
    {
        (int chunk, int offset) = Locate(index);
        ImmutableArray<RuleCounters> counters = _chunks[chunk].Counters;
        return counters.IsDefault ? default : counters[offset];
    }

    /// <summary>Whether a rule has counters other than zero.</summary>
    public bool HasCounters => _chunks.Any(chunk => !chunk.Counters.IsDefault);

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
        if (_chunks.Length == 0)
        {
            return new RuleSequence([Chunk.Of(rule, counters)], 1);
        }
        (int at, int offset) = index == Count ? (_chunks.Length - 1, _chunks[^1].Rules.Length) : Locate(index);
        Chunk changed = _chunks[at].Insert(offset, rule, counters);
        ImmutableArray<Chunk> chunks = changed.Rules.Length <= FullChunk
            ? _chunks.SetItem(at, changed)
            : _chunks.SetItem(at, changed.Slice(0, FullChunk / 2)).Insert(at + 1, changed.Slice(FullChunk / 2));
        return new RuleSequence(chunks, Count + 1);
    }

    /// <summary>A sequence without the rule at <paramref name="index"/>.</summary>
    public RuleSequence RemoveAt(int index)
    {
        (int at, int offset) = Locate(index);
        Chunk changed = _chunks[at].RemoveAt(offset);
        return new RuleSequence(
            changed.Rules.Length == 0 ? _chunks.RemoveAt(at) : _chunks.SetItem(at, changed), Count - 1);
    }

    /// <summary>A sequence with another rule at <paramref name="index"/>.</summary>
    public RuleSequence SetItem(int index, Rule rule, RuleCounters counters = default)
    {
        (int at, int offset) = Locate(index);
        return new RuleSequence(_chunks.SetItem(at, _chunks[at].SetItem(offset, rule, counters)), Count);
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
        foreach (Chunk chunk in _chunks)
        {
            foreach (Rule rule in chunk.Rules)
            {
                yield return rule;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (int Chunk, int Offset) Locate(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        for (int i = 0; ; i++)
        {
            int length = _chunks[i].Rules.Length;
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
        private readonly ImmutableArray<Chunk>.Builder _chunks = ImmutableArray.CreateBuilder<Chunk>();
        private readonly ImmutableArray<Rule>.Builder _rules = ImmutableArray.CreateBuilder<Rule>();
        private readonly ImmutableArray<RuleCounters>.Builder _counters = ImmutableArray.CreateBuilder<RuleCounters>();
        private bool _anyCounter;

        /// <summary>Number of rules added.</summary>
        public int Count { get; private set; }

        /// <summary>Appends a rule.</summary>
        public void Add(Rule rule, RuleCounters counters = default)
        {
            _rules.Add(rule);
            _counters.Add(counters);
            _anyCounter |= counters != default;
            Count++;
            if (_rules.Count == FullChunk)
            {
                Close();
            }
        }

        /// <summary>The sequence of all that was added.</summary>
        public RuleSequence Build()
        {
            Close();
            return new RuleSequence(_chunks.ToImmutable(), Count);
        }

        private void Close()
        {
            if (_rules.Count > 0)
            {
                _chunks.Add(new Chunk(_rules.ToImmutable(), _anyCounter ? _counters.ToImmutable() : default));
            }
            _rules.Clear();
            _counters.Clear();
            _anyCounter = false;
        }
    }
}
