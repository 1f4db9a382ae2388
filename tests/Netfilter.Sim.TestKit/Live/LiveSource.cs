using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Random numbers of a live case: the same seed gives the same choices. Addresses are those of the case's network.</summary>
public sealed class LiveSource(ulong seed, IpFamily family) : ISampleSource
{
    // Seeds that follow each other give unlike numbers.
    private readonly Random _random = new((int)(seed * 0x9e3779b97f4a7c15 >> 33));

    /// <inheritdoc/>
    public IpFamily Family { get; } = family;

    /// <summary>Whether the case is one of IPv6.</summary>
    public bool IsIPv6 => Family == IpFamily.IPv6;

    /// <summary>Addresses to draw from.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <inheritdoc/>
    public int Next(int count) => _random.Next(count);

    /// <inheritdoc/>
    public string NextAddress() => Pick(Addresses);

    /// <summary>A number between two, both included.</summary>
    public int Between(int least, int most) => _random.Next(least, most + 1);

    /// <summary>Whether something happens in so many of 100 cases.</summary>
    public bool Percent(int percent) => _random.Next(100) < percent;

    /// <summary>One of some.</summary>
    public T Pick<T>(IReadOnlyList<T> values) => values[_random.Next(values.Count)];

    /// <summary>Words, sometimes with the inversion before them.</summary>
    public string Negated(string words, int percent = 25) => Percent(percent) ? "! " + words : words;

    /// <summary>Random bytes.</summary>
    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>32 random bits.</summary>
    public uint Bits() => (uint)_random.NextInt64(1L << 32);
}
