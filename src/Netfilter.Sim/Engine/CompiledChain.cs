using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// A chain's rules ready for the walk. Made once per <see cref="RuleSequence"/> and shared by forks; jumps name slots of the
/// table, so that no chain is compiled anew because another was edited.
/// </summary>
internal sealed class CompiledChain<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    public required RuleCode<TAddress>[] Rules { get; init; }

    public required Match[] Matches { get; init; }

    /// <summary>For each of <see cref="Matches"/> the number of its state in <see cref="States"/>, or −1; null when none has one.</summary>
    public required int[]? MatchStates { get; init; }

    public required ExtensionTarget[] Targets { get; init; }

    /// <summary>For each of <see cref="Targets"/> the number of its state in <see cref="States"/>, or −1; null when none has one.</summary>
    public required int[]? TargetStates { get; init; }

    public required StateDeclaration[] States { get; init; }

    public required InterfaceTest[] InterfaceTests { get; init; }

    /// <summary>The chains that rules before the first unconditional verdict lead to, each once (<see cref="LoopFinder"/>).</summary>
    public required int[] Calls { get; init; }

    /// <summary>All chains that rules name, each once, in order.</summary>
    public required int[] References { get; init; }

    public required RuleNeeds Needs { get; init; }

    /// <summary>Finds candidates without trying each rule; null for a chain where that would not pay.</summary>
    public required ChainIndex<TAddress>? Index { get; init; }

    public int Count => Rules.Length;
}
