namespace Netfilter.Sim.Engine;

/// <summary>
/// Of a chain of a loaded table what every packet that comes to it needs. Small: a jump's wait for it is most of what a jump
/// costs in a large table, and chains that call each other lie together (<see cref="CallOrder"/>). What is needed less often is
/// in <see cref="LoadedChain{TAddress}"/>.
/// </summary>
internal struct ChainSlot<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    /// <summary>The rules, as in <see cref="LoadedChain{TAddress}.Code"/>.</summary>
    public RuleCode<TAddress>[] Rules;

    /// <summary>The first of the rules' counters; after the last comes the policy's.</summary>
    public int FirstCounter;
}
