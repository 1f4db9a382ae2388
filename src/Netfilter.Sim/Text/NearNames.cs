namespace Netfilter.Sim.Text;

/// <summary>Names that somebody may have meant.</summary>
internal static class NearNames
{
    private const int MaxShown = 3;

    /// <summary>The nearest of the known names, nearest first, joined by commas; empty when none is near.</summary>
    public static string Of(string name, IEnumerable<string> known)
    {
        if (name.Length > 40)
        {
            return "";
        }
        int most = Math.Max(1, name.Length / 3);
        return string.Join(", ", known.Distinct()
            .Select(candidate => (Candidate: candidate, Distance: Distance(name, candidate)))
            .Where(pair => pair.Distance <= most)
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Candidate, StringComparer.Ordinal)
            .Take(MaxShown)
            .Select(pair => pair.Candidate));
    }

    // Insertions, deletions, replacements and swaps of neighbours; the case of letters does not count.
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }
                int best = cost[i - 1, j - 1] + (IsSame(a[i - 1], b[j - 1]) ? 0 : 1);
                best = Math.Min(best, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                bool isSwap = i > 1 && j > 1 && IsSame(a[i - 1], b[j - 2]) && IsSame(a[i - 2], b[j - 1]);
                cost[i, j] = isSwap ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
            }
        }
        return cost[a.Length, b.Length];
    }

    private static bool IsSame(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
