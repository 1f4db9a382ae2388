using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Nat;

namespace Netfilter.Sim.Engine;

/// <summary>Connection tracking and NAT, as kernel modules reach them.</summary>
internal sealed partial class WalkContext
{
    /// <summary>The connections of the namespace.</summary>
    public ConnectionTracker Conntrack => Host.Tracker;

    /// <summary>Address translation.</summary>
    public NatEngine Nat { get; } = new(host);
}
