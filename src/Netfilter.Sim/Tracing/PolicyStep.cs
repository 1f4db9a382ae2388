using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>A built-in chain came to its end, and its policy decides.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Counters">The policy's counters, this packet included.</param>
public sealed record PolicyStep(string Table, Chain Chain, RuleCounters Counters) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => $"policy {(Chain.Policy == ChainPolicy.Accept ? "ACCEPT" : "DROP")} {Counters}";
}
