using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Exploration;

/// <summary>A choice among equally likely values that was not split: the outcome shows one of them.</summary>
/// <param name="Purpose">What was chosen.</param>
/// <param name="Count">Number of values.</param>
/// <param name="Chosen">The value that the outcome shows, from 0.</param>
public readonly record struct OpenChoice(ChancePurpose Purpose, uint Count, uint Chosen);
