using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>Keeps what happens on a walk that somebody watches.</summary>
internal sealed class WalkRecorder
{
    /// <summary>Number of the life that is under way; −1 between lives.</summary>
    public int CurrentLife { get; private set; } = -1;

    private readonly Stack<Hook?> _hooksOfOuterLives = new();
    private Hook? _hook;

    public List<TraceStep> Steps { get; } = [];

    public List<PacketLife> Lives { get; } = [];

    /// <summary>Whether steps are kept; otherwise only lives are.</summary>
    public bool KeepsSteps { get; init; } = true;

    public void Add(TraceStep step)
    {
        if (KeepsSteps)
        {
            step.Life = CurrentLife;
            step.Hook ??= _hook;
            Steps.Add(step);
        }
    }

    /// <summary>The packet is at a hook from now on, or between hooks when null.</summary>
    /// <returns>Where it was.</returns>
    public Hook? MoveTo(Hook? hook)
    {
        Hook? before = _hook;
        _hook = hook;
        return before;
    }

    /// <summary>What the target of the rule that matched last in the current life said.</summary>
    public void NoteTarget(TargetVerdict verdict, PacketBuffer packet)
    {
        for (int i = Steps.Count - 1; i >= 0; i--)
        {
            if (Steps[i] is RuleStep { IsMatch: true, TargetVerdict: null } rule && rule.Life == CurrentLife)
            {
                rule.TargetVerdict = verdict;
                return;
            }
        }
    }

    public void BeginLife(int number, int parent, LifeCause cause, PacketBuffer packet)
    {
        PacketLife life = new(number, parent, cause, [.. packet.Span], default);
        Lives.Add(life);
        CurrentLife = number;
        _hooksOfOuterLives.Push(MoveTo(null));
        Add(new LifeStep(life, packet.InDevice?.Name));
    }

    public void EndLife(int number, in Fate fate)
    {
        MoveTo(null);
        Add(new FateStep(fate));
        MoveTo(_hooksOfOuterLives.Pop());
        Lives[number] = Lives[number] with { Fate = fate };
        CurrentLife = Lives[number].Parent;
    }
}
