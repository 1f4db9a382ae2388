using System.Numerics;

namespace Netfilter.Sim.Determinism;

/// <summary>xoshiro256** 1.0 (Blackman and Vigna 2018).</summary>
internal struct Xoshiro256
{
    private ulong _s0, _s1, _s2, _s3;

    public Xoshiro256(ulong seed)
    {
        SplitMix64 mix = new(seed);
        (_s0, _s1, _s2, _s3) = (mix.Next(), mix.Next(), mix.Next(), mix.Next());
    }

    /// <summary>A generator in a given state.</summary>
    public Xoshiro256(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    public ulong Next()
    {
        unchecked
        {
            ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            ulong t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }
}
