using Netfilter.Sim.Determinism;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Engine;

/// <summary>
/// One walk: everything a packet's way through the host needs besides the packet. Made once per namespace and used again
/// for every walk; a walk never runs inside another.
/// </summary>
internal sealed class WalkContext(NetworkNamespace host)
{
    /// <summary>The namespace that the packet is in.</summary>
    public NetworkNamespace Host { get; } = host;

    /// <summary>Nanoseconds since 1970 by the namespace's clock, read once when the walk begins.</summary>
    public long NowNanoseconds { get; set; }

    /// <summary>Who answers questions of chance.</summary>
    public INetfilterChance Chance => Host.Chance;

    /// <summary>The states of rules and named objects.</summary>
    public RuleStateStore States => Host.States;
}
