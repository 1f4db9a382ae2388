namespace Netfilter.Sim.Rules;

/// <summary>Byte order of UTF-8 text (<c>strcmp</c>), in which iptables lists chains: code points, not UTF-16 units.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }
        int same = x.AsSpan().CommonPrefixLength(y);
        if (same < x.Length && same < y.Length)
        {
            return Weight(x[same]) - Weight(y[same]);
        }
        return x.Length - y.Length;
    }

    // Surrogates stand for code points above all other UTF-16 units.
    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
