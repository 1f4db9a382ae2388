using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Rules;

/// <summary>What a target may look at and change besides its own options (<c>struct xt_action_param</c>).</summary>
public readonly ref struct TargetContext
{
    private readonly int _stateSlot;

    internal TargetContext(PacketBuffer packet, Hook hook, WalkContext walk, int stateSlot)
    {
        Packet = packet;
        Hook = hook;
        Walk = walk;
        _stateSlot = stateSlot;
    }

    /// <summary>The packet and what the host knows of it.</summary>
    public PacketBuffer Packet { get; }

    /// <summary>The hook that the packet is at.</summary>
    public Hook Hook { get; }

    /// <summary>Nanoseconds since 1970 by the namespace's clock; the same during a whole walk.</summary>
    public long NowNanoseconds => Walk.NowNanoseconds;

    /// <summary>The walk that the packet is on: conntrack, nat and the ways to send packets.</summary>
    internal WalkContext Walk { get; }

    /// <summary>The state that <see cref="ExtensionTarget.State"/> declared, to read.</summary>
    public TState ReadState<TState>()
        where TState : RuleState => (TState)Walk.States.Read(_stateSlot);

    /// <summary>The state that <see cref="ExtensionTarget.State"/> declared, to change.</summary>
    public TState WriteState<TState>()
        where TState : RuleState => (TState)Walk.States.Write(_stateSlot);
}
