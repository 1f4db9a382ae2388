namespace Netfilter.Sim.Determinism;

/// <summary>
/// Chance from a seed. The algorithm is fixed for ever, so that a seed means the same in every release: each
/// <see cref="ChancePurpose"/> p has a stream of its own, xoshiro256** whose four words are the first four outputs of
/// SplitMix64 started at <c>seed XOR SplitMix64(p + 1).first</c>. <see cref="Decide"/> compares the upper 31 bits of the
/// stream's next output with the threshold. <see cref="Choose"/> multiplies the upper 32 bits of the next output with the
/// count and takes the upper half of the product; products whose lower half would make some values likelier than others
/// are thrown away and the next output is taken (Lemire 2019).
/// </summary>
public sealed class SeededChance : INetfilterChance
{
    private readonly Xoshiro256[] _streams;

    /// <summary>Makes a generator.</summary>
    /// <param name="seed">Any number; 0 is as good as another.</param>
    public SeededChance(ulong seed)
    {
        _streams = new Xoshiro256[Enum.GetValues<ChancePurpose>().Length];
        for (int purpose = 0; purpose < _streams.Length; purpose++)
        {
            _streams[purpose] = new Xoshiro256(seed ^ new SplitMix64((ulong)purpose + 1).Next());
        }
    }

    private SeededChance(SeededChance origin) => _streams = [.. origin._streams];

    /// <inheritdoc/>
    public bool Decide(ChancePurpose purpose, uint threshold) =>
        (uint)(_streams[(int)purpose].Next() >> 33) < threshold;

    /// <inheritdoc/>
    public uint Choose(ChancePurpose purpose, uint count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(count);
        ref Xoshiro256 stream = ref _streams[(int)purpose];
        ulong product = (stream.Next() >> 32) * count;
        if ((uint)product < count)
        {
            uint unfair = unchecked(0u - count) % count;
            while ((uint)product < unfair)
            {
                product = (stream.Next() >> 32) * count;
            }
        }
        return (uint)(product >> 32);
    }

    /// <inheritdoc/>
    public INetfilterChance Fork() => new SeededChance(this);
}
