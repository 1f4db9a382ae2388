using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tracing;

/// <summary>Keeps what happens on a walk that somebody watches.</summary>
internal sealed class WalkRecorder
{
    private int _life = -1;

    public List<TraceStep> Steps { get; } = [];

    public List<PacketLife> Lives { get; } = [];

    /// <summary>Whether steps are kept; otherwise only lives are.</summary>
    public bool KeepsSteps { get; init; } = true;

    public void Add(TraceStep step)
    {
        step.Life = _life;
        Steps.Add(step);
    }

    public void BeginLife(int number, int parent, LifeCause cause, PacketBuffer packet)
    {
        Lives.Add(new PacketLife(number, parent, cause, [.. packet.Span], default));
        _life = number;
    }

    public void EndLife(int number, in Fate fate)
    {
        Lives[number] = Lives[number] with { Fate = fate };
        _life = Lives[number].Parent;
    }
}
