using System.Globalization;

namespace Netfilter.Sim.Exploration;

/// <summary>There are more outcomes than <see cref="ExploreOptions.MaxOutcomes"/> allows.</summary>
/// <param name="maxOutcomes">The number that is allowed.</param>
public sealed class ExplorationTooLargeException(int maxOutcomes)
    : InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"There are more than {maxOutcomes} outcomes."));
