using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>The packet goes back to a calling chain.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="From">The chain it leaves.</param>
/// <param name="To">The chain it goes on in.</param>
public sealed record ChainReturnStep(string Table, Chain From, Chain To) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => $"back from {From.Name} to {To.Name}";
}
