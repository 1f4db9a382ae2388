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

    // Insertions, deletions and replacements; letters of another case count half of nothing.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }
        return row[b.Length];
    }
}
