using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Tracing;

/// <summary>A packet's way ends.</summary>
/// <param name="Fate">What became of it.</param>
public sealed record FateStep(Fate Fate) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => $"=> {Fate}";
}
