using System.Collections;
using System.Collections.Immutable;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Exploration;

/// <summary>All ways that things can go, each with its exact probability. Immutable; the probabilities add up to 1.</summary>
/// <typeparam name="T">What comes out.</typeparam>
public sealed class Distribution<T> : IReadOnlyList<Outcome<T>>
{
    private readonly ImmutableArray<Outcome<T>> _outcomes;

    internal Distribution(ImmutableArray<Outcome<T>> outcomes) => _outcomes = outcomes;

    /// <inheritdoc/>
    public int Count => _outcomes.Length;

    /// <inheritdoc/>
    public Outcome<T> this[int index] => _outcomes[index];

    /// <summary>How likely it is that what comes out is of a certain sort.</summary>
    public Probability Probability(Func<T, bool> sort)
    {
        ArgumentNullException.ThrowIfNull(sort);
        return Sum(_outcomes.Where(outcome => sort(outcome.Value)));
    }

    /// <summary>The distribution of something about what comes out; the likeliest first, equally likely ones as they were found.</summary>
    public Distribution<TKey> GroupBy<TKey>(Func<T, TKey> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new Distribution<TKey>([.. _outcomes
            .GroupBy(outcome => key(outcome.Value))
            .Select(group => new Outcome<TKey>(group.Key, Sum(group))
            {
                OpenChoices = [.. group.SelectMany(outcome => outcome.OpenChoices).Distinct()],
            })
            .OrderByDescending(outcome => outcome.Probability)]);
    }

    /// <summary>The same outcomes, the likeliest first, equally likely ones as they were found.</summary>
    public Distribution<T> ByProbability() => new([.. _outcomes.OrderByDescending(outcome => outcome.Probability)]);

    /// <inheritdoc/>
    public IEnumerator<Outcome<T>> GetEnumerator() => ((IEnumerable<Outcome<T>>)_outcomes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A line an outcome: fraction, decimal, value.</summary>
    public override string ToString() => string.Join('\n', _outcomes.Select(outcome =>
        $"{outcome.Probability.ToString("F6", null)}  {outcome.Probability}  {outcome.Value}"));

    private static Probability Sum(IEnumerable<Outcome<T>> outcomes) =>
        outcomes.Aggregate(Determinism.Probability.Zero, (sum, outcome) => sum + outcome.Probability);
}
