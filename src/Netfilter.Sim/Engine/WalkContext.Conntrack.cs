using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim.Engine;

// Connection tracking and NAT, as kernel modules reach them.
internal sealed partial class WalkContext
{
    /// <summary>The connections of the namespace.</summary>
    public ConnectionTracker Conntrack => Host.Tracker;
}
