using System.Collections.Immutable;
using System.Globalization;

namespace Netfilter.Sim.Determinism;

/// <summary>
/// Chance from a script: the answers are written down, one for each question in the order they come. A question whose
/// answer is certain (threshold 0 or 2^31, one value to choose from) takes none, nor do identifications and sequence
/// numbers of packets that the host makes: those come from a <see cref="SeededChance"/> with the seed 0.
/// </summary>
public sealed class ScriptedChance : INetfilterChance
{
    private readonly ImmutableArray<uint> _answers;
    private readonly SeededChance _numbers;

    /// <summary>Makes a script.</summary>
    /// <param name="answers">For a decision 1 (yes) or 0 (no), for a choice the value.</param>
    public ScriptedChance(params ReadOnlySpan<uint> answers)
    {
        _answers = [.. answers];
        _numbers = new SeededChance(0);
    }

    private ScriptedChance(ScriptedChance origin) =>
        (_answers, _numbers, Used) = (origin._answers, (SeededChance)origin._numbers.Fork(), origin.Used);

    /// <summary>Number of answers that have been given.</summary>
    public int Used { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ScriptedChanceException">The script is at its end, or its answer is not 0 or 1.</exception>
    public bool Decide(ChancePurpose purpose, uint threshold) =>
        threshold != 0 && (threshold >= DecisionRange.One || Next(purpose, 2) == 1);

    /// <inheritdoc/>
    /// <exception cref="ScriptedChanceException">The script is at its end, or its answer is too large.</exception>
    public uint Choose(ChancePurpose purpose, uint count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(count);
        return count == 1 ? 0
            : purpose is ChancePurpose.PacketIdentification or ChancePurpose.SequenceNumber ? _numbers.Choose(purpose, count)
            : Next(purpose, count);
    }

    /// <inheritdoc/>
    public INetfilterChance Fork() => new ScriptedChance(this);

    private uint Next(ChancePurpose purpose, uint count)
    {
        if (Used == _answers.Length)
        {
            throw new ScriptedChanceException(string.Create(
                CultureInfo.InvariantCulture,
                $"The script has {_answers.Length} answers, and {purpose} asks for one more (0 to {count - 1})."));
        }
        uint answer = _answers[Used];
        if (answer >= count)
        {
            throw new ScriptedChanceException(string.Create(
                CultureInfo.InvariantCulture,
                $"Answer {Used + 1} of the script is {answer}, but {purpose} asks for 0 to {count - 1}."));
        }
        Used++;
        return answer;
    }
}
