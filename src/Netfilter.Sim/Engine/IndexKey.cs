namespace Netfilter.Sim.Engine;

/// <summary>What a rule's place in a <see cref="ChainIndex{TAddress}"/> depends on.</summary>
[Flags]
internal enum IndexKey : byte
{
    /// <summary>Not in the hash: the rule is always tried.</summary>
    None = 0,

    Destination = 1,
    Port = 2,
    DestinationAndPort = 4,
}
