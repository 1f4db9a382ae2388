using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>An address of an interface (<c>struct in_ifaddr</c>, <c>struct inet6_ifaddr</c>).</summary>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Length of the network's prefix.</param>
public sealed record InterfaceAddress(NetAddress Address, int PrefixLength)
{
    /// <summary>The other end of a point-to-point link (<c>peer</c>); null when there is none.</summary>
    public NetAddress? Peer { get; init; }

    /// <summary>The broadcast address that was given (<c>brd</c>); null when none was.</summary>
    public NetAddress? Broadcast { get; init; }

    /// <summary>The network the address lies in, or the peer's.</summary>
    public NetPrefix Network => new(Peer ?? Address, PrefixLength);
}
