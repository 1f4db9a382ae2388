using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>A chain of a loaded table: its rules and where its counters and states lie.</summary>
internal struct ChainSlot<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    /// <summary>The chain as it was loaded; null in a slot that is free.</summary>
    public Chain? Source;

    /// <summary>The rules, as in <see cref="Code"/>: here to be reached without it.</summary>
    public RuleCode<TAddress>[] Rules;

    public CompiledChain<TAddress> Code;

    /// <summary>The first of the rules' counters; after the last comes the policy's.</summary>
    public int FirstCounter;

    /// <summary>For each state of <see cref="CompiledChain{TAddress}.States"/> its slot in the namespace's store.</summary>
    public int[] StateSlots;
}
