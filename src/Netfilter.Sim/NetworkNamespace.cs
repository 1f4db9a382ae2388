using Netfilter.Sim.Determinism;
using Netfilter.Sim.State;

namespace Netfilter.Sim;

/// <summary>A network namespace: interfaces, routes, rules, connections. The only thing in the library that changes.</summary>
public sealed partial class NetworkNamespace
{
    internal INetfilterChance Chance { get; } = null!;

    internal RuleStateStore States { get; } = new();
}
