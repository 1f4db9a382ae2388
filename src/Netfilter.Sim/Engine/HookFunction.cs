using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Something registered at a hook: a table of iptables, connection tracking, nat, defragmentation
/// (<c>struct nf_hook_ops</c>). Stateless: all that changes lives in the namespace that the walk belongs to.
/// </summary>
internal abstract class HookFunction
{
    /// <summary>Name for traces, for example <c>nat</c> or <c>conntrack</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Looks at a packet and says what becomes of it; may rewrite it and its metadata.</summary>
    public abstract Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk);
}
