using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>A permanent entry of the neighbour table (<c>ip neigh</c>).</summary>
/// <param name="Address">The neighbour's IP address.</param>
/// <param name="Device">Name of the interface it is behind.</param>
/// <param name="MacAddress">Its Ethernet address, 48 bits.</param>
public sealed record Neighbour(NetAddress Address, string Device, ulong MacAddress);
