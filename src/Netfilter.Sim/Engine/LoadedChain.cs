using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>A chain of a loaded table: what was loaded, and where its states lie.</summary>
internal struct LoadedChain<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    /// <summary>The chain as it was loaded; null in a slot that is free.</summary>
    public Chain? Source;

    public CompiledChain<TAddress> Code;

    /// <summary>For each state of <see cref="CompiledChain{TAddress}.States"/> its slot in the namespace's store.</summary>
    public int[] StateSlots;
}
