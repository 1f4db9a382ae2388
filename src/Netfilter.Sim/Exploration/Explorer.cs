using System.Collections.Immutable;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Exploration;

/// <summary>Finds every outcome of something that depends on chance, by doing it once for each branch (D8).</summary>
internal static class Explorer
{
    /// <summary>Does something along every branch, depth first, the yes of each decision before its no.</summary>
    /// <param name="run">Does it from the same beginning each time, with the chance given.</param>
    /// <param name="options">How outcomes are looked for.</param>
    /// <exception cref="ExplorationTooLargeException">There are more outcomes than allowed.</exception>
    public static Distribution<T> Explore<T>(Func<INetfilterChance, T> run, ExploreOptions options)
    {
        ImmutableArray<Outcome<T>>.Builder outcomes = ImmutableArray.CreateBuilder<Outcome<T>>();
        BranchingChance chance = new(options.SplitChoicesUpTo);
        do
        {
            if (outcomes.Count == options.MaxOutcomes)
            {
                throw new ExplorationTooLargeException(options.MaxOutcomes);
            }
            T value = run(chance);
            outcomes.Add(new Outcome<T>(value, chance.Probability) { OpenChoices = chance.OpenChoices });
        }
        while (chance.Advance());
        return new Distribution<T>(outcomes.ToImmutable());
    }
}
