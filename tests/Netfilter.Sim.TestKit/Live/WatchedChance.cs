using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Notes whether chance decided anything that the kernel decides by a chance of its own.</summary>
internal sealed class WatchedChance : INetfilterChance
{
    private const uint Always = 1u << 31;
    private readonly SeededChance _answers = new(1);

    /// <summary>Whether it did.</summary>
    public bool HasDecided { get; private set; }

    public bool Decide(ChancePurpose purpose, uint threshold)
    {
        HasDecided |= threshold is > 0 and < Always;
        return _answers.Decide(purpose, threshold);
    }

    public uint Choose(ChancePurpose purpose, uint count)
    {
        HasDecided |= count > 1 && purpose is not ChancePurpose.PacketIdentification;
        return _answers.Choose(purpose, count);
    }

    public INetfilterChance Fork() => _answers.Fork();
}
