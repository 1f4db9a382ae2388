using System.Collections.Immutable;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Exploration;

/// <summary>One way that things can go.</summary>
/// <param name="Value">What comes out.</param>
/// <param name="Probability">How likely it is, exactly.</param>
/// <typeparam name="T">What comes out.</typeparam>
public sealed record Outcome<T>(T Value, Probability Probability)
{
    /// <summary>Choices among many values that this outcome stands for.</summary>
    public ImmutableArray<OpenChoice> OpenChoices { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{Value}: {Probability}";
}
