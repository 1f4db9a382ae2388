using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>
/// Collects fragments before anything else looks at them, at PREROUTING and OUTPUT (<c>nf_defrag_ipv4.c
/// ipv4_conntrack_defrag</c>, <c>nf_defrag_ipv6_hooks.c ipv6_defrag</c>). Registered while a rule needs it, at
/// <see cref="HookPriority.ConntrackDefrag"/>.
/// </summary>
internal sealed class DefragHook : HookFunction
{
    /// <summary>The one that is registered; it has no state.</summary>
    public static readonly DefragHook Instance = new();

    /// <inheritdoc/>
    public override string Name => "defrag";

    /// <inheritdoc/>
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (packet.Connection >= 0 || packet.ConntrackInfo == ConntrackInfo.Untracked)
        {
            return Verdict.Accept;
        }
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        FragmentUser user = hook != Hook.PreRouting ? FragmentUser.ConntrackOut
            : packet.PhysInDevice is not null ? FragmentUser.ConntrackBridgeIn
            : FragmentUser.ConntrackIn;
        int timeout = isIPv4 ? walk.Host.Configuration.Sysctls.FragmentTimeoutSeconds : 60;
        switch (walk.Host.Fragments.Gather(packet, user, walk.NowNanoseconds, timeout))
        {
            case FragmentOutcome.Held:
                walk.Blame(Fate.Held("fragment, waits for the others"));
                return Verdict.Stolen;
            case FragmentOutcome.Duplicate:
                walk.Blame(Fate.Dropped("fragment that was there already"));
                return Verdict.Stolen;
            case FragmentOutcome.Dropped:
                walk.Blame(Fate.Dropped("fragment that does not fit the others"));
                return isIPv4 ? Verdict.Stolen : Verdict.Drop;
            default:
                return Verdict.Accept;
        }
    }
}
