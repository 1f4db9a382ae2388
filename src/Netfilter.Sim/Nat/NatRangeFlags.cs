namespace Netfilter.Sim.Nat;

/// <summary>What a translation asks for (<c>NF_NAT_RANGE_*</c>).</summary>
[Flags]
public enum NatRangeFlags
{
    /// <summary>Nothing: addresses and ports stay if they can.</summary>
    None = 0,

    /// <summary>The address has to lie in the range.</summary>
    MapAddresses = 1 << 0,

    /// <summary>The port has to lie in the range.</summary>
    ProtocolSpecified = 1 << 1,

    /// <summary>A random port (<c>--random</c>).</summary>
    ProtocolRandom = 1 << 2,

    /// <summary>The same address for a source, whatever the destination (<c>--persistent</c>).</summary>
    Persistent = 1 << 3,

    /// <summary>A random port, even if the present one is free (<c>--random-fully</c>).</summary>
    ProtocolRandomFully = 1 << 4,

    /// <summary>The port moves by the distance between base and range (<c>DNAT --to :5000-5100/2000</c>).</summary>
    ProtocolOffset = 1 << 5,

    /// <summary>The network part is mapped, the host part stays (NETMAP).</summary>
    NetMap = 1 << 6,

    /// <summary>Either way of choosing a port at random.</summary>
    RandomAll = ProtocolRandom | ProtocolRandomFully,
}
