namespace Netfilter.Sim.Exploration;

/// <summary>How all outcomes are looked for.</summary>
public sealed record ExploreOptions
{
    /// <summary>The usual.</summary>
    public static ExploreOptions Default { get; } = new();

    /// <summary>
    /// Choices among so many values at most are split into one outcome for each value; larger ones stay one outcome with a
    /// <see cref="OpenChoice"/>. 1 (never split) unless told.
    /// </summary>
    public uint SplitChoicesUpTo { get; init; } = 1;

    /// <summary>Outcomes at most. 100,000 unless told.</summary>
    public int MaxOutcomes { get; init; } = 100_000;

    /// <summary>Whether each outcome keeps the rules that were tried. True unless told.</summary>
    public bool KeepsSteps { get; init; } = true;
}
