using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Nat;

/// <summary>What a connection may be translated to (<c>struct nf_nat_range2</c>); bounds are inclusive.</summary>
/// <param name="Flags">What of the rest counts.</param>
/// <param name="MinAddress">Lowest address.</param>
/// <param name="MaxAddress">Highest address.</param>
/// <param name="MinPort">Lowest port, ICMP identifier or GRE key.</param>
/// <param name="MaxPort">Highest port, ICMP identifier or GRE key.</param>
/// <param name="BasePort">The port that becomes <paramref name="MinPort"/>, with <see cref="NatRangeFlags.ProtocolOffset"/>.</param>
public readonly record struct NatRange(
    NatRangeFlags Flags,
    NetAddress MinAddress = default,
    NetAddress MaxAddress = default,
    ushort MinPort = 0,
    ushort MaxPort = 0,
    ushort BasePort = 0)
{
    /// <summary>One address and, unless told, any port.</summary>
    public static NatRange Of(NetAddress address) => new(NatRangeFlags.MapAddresses, address, address);

    internal bool Has(NatRangeFlags flags) => (Flags & flags) != 0;
}
