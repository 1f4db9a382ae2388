using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Rules;

/// <summary>What a match may look at besides its own options (<c>struct xt_action_param</c>).</summary>
public readonly ref struct MatchContext
{
    private readonly int _stateSlot;

    internal MatchContext(PacketBuffer packet, Hook hook, WalkContext walk, int stateSlot)
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

    /// <summary>The walk that the packet is on.</summary>
    internal WalkContext Walk { get; }

    /// <summary>The slot of the state that <see cref="Match.State"/> declared.</summary>
    internal int StateSlot => _stateSlot;

    /// <summary>The state that <see cref="Match.State"/> declared, to read.</summary>
    public TState ReadState<TState>()
        where TState : RuleState => (TState)Walk.States.Read(_stateSlot);

    /// <summary>The state that <see cref="Match.State"/> declared, to change.</summary>
    public TState WriteState<TState>()
        where TState : RuleState => (TState)Walk.States.Write(_stateSlot);
}
