using Netfilter.Sim.Stack;

namespace Netfilter.Sim.Engine;

/// <summary>Where a walk reaches the parts of its host.</summary>
internal sealed partial class WalkContext
{
    /// <summary>The IP layer: the ways to send packets.</summary>
    public IpStack Stack => Host.Stack;
}
