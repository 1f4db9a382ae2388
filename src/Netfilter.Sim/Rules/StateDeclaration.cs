using Netfilter.Sim.State;

namespace Netfilter.Sim.Rules;

/// <summary>That a match or target remembers something, and who shares it.</summary>
/// <param name="Create">Makes the first state, when the rule is loaded.</param>
/// <param name="Shared">The name under which rules share the state; null when each rule has its own.</param>
public sealed record StateDeclaration(Func<RuleState> Create, StateKey? Shared = null)
{
    /// <summary>What loading one more rule does to a state that others share already; null when nothing.</summary>
    public Action<RuleState>? Join { get; init; }
}
