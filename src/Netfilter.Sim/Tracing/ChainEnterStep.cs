using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>The packet comes to a chain.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Chain">The chain.</param>
/// <param name="How">From the hook, by a jump, by a goto.</param>
public sealed record ChainEnterStep(string Table, Chain Chain, ChainEntry How) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => How switch
    {
        ChainEntry.Hook => $"{Table} {Chain.Name}",
        ChainEntry.Jump => $"{Table} {Chain.Name} (jump)",
        _ => $"{Table} {Chain.Name} (goto)",
    };
}
