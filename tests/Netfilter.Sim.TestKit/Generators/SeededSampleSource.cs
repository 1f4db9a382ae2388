using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>Random numbers for the generators that follow from declarations: the same seed gives the same samples.</summary>
public sealed class SeededSampleSource(ulong seed, IpFamily family) : ISampleSource
{
    private readonly SeededChance _chance = new(seed);

    /// <inheritdoc/>
    public IpFamily Family { get; } = family;

    /// <inheritdoc/>
    public int Next(int count) => (int)_chance.Choose(ChancePurpose.Statistic, (uint)count);
}
