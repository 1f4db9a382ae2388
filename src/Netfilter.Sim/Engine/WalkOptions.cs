namespace Netfilter.Sim.Engine;

/// <summary>How a packet is sent through a namespace.</summary>
public sealed record WalkOptions
{
    /// <summary>The usual: with a trace.</summary>
    public static WalkOptions Default { get; } = new();

    /// <summary>Without a trace: fates and packets only.</summary>
    public static WalkOptions Unwatched { get; } = new() { KeepsSteps = false };

    /// <summary>Whether every rule that was tried is kept for <see cref="Walk.Steps"/> and <see cref="Walk.Explain"/>. True unless told.</summary>
    public bool KeepsSteps { get; init; } = true;

    /// <summary>Whether chains are scanned rule by rule where an index would do. What comes out is the same.</summary>
    internal bool IsLinear { get; init; }
}
