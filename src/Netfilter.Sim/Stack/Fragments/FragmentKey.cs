using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>What fragments of one packet have in common (<c>struct frag_v4_compare_key</c>, <c>struct frag_v6_compare_key</c>).</summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Identification">IPv4's identification, or that of IPv6's fragment header.</param>
/// <param name="Protocol">IPv4's protocol; 0 for IPv6.</param>
/// <param name="User">Who collects.</param>
/// <param name="DeviceIndex">For an IPv6 group or link-local destination the interface they came in by; otherwise 0.</param>
internal readonly record struct FragmentKey(
    NetAddress Source,
    NetAddress Destination,
    uint Identification,
    byte Protocol,
    FragmentUser User,
    int DeviceIndex);
