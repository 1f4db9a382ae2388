using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>An address in the width of its family, so that compiled rules of IPv4 stay small and both share their code.</summary>
internal interface IAddress<TSelf>
    where TSelf : struct, IAddress<TSelf>
{
    static abstract IpFamily Family { get; }

    static abstract TSelf From(NetAddress address);

    static abstract TSelf SourceOf(PacketBuffer packet);

    static abstract TSelf DestinationOf(PacketBuffer packet);

    /// <summary>Whether all bits are ones.</summary>
    bool IsFull { get; }

    uint Hash { get; }

    bool Same(in TSelf other);

    /// <summary>Whether the bits under a mask are those of a value.</summary>
    bool Lies(in TSelf value, in TSelf mask);
}
