using System.Globalization;
using System.Text.RegularExpressions;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>
/// Compares counts that chance decided: two samples <c>a</c> and <c>b</c> of one law differ by at most
/// <c>5 sqrt(a + b)</c>.
/// </summary>
public static partial class DistributionComparer
{
    /// <summary>The first difference of a step's counts, or null.</summary>
    public static KernelDifference? CompareStep(KernelStepExpect expected, KernelStepExpect actual) =>
        CompareCounts("emitted_count", expected.EmittedCount, actual.EmittedCount)
        ?? Compare("delivered_count", expected.DeliveredCount ?? 0, actual.DeliveredCount ?? 0)
        ?? Compare("lost", expected.Lost ?? 0, actual.Lost ?? 0)
        ?? CompareSpread("src", expected.Src, actual.Src)
        ?? CompareSpread("sport", expected.Sport, actual.Sport)
        ?? CompareSpread("dst", expected.Dst, actual.Dst)
        ?? CompareSpread("dport", expected.Dport, actual.Dport);

    /// <summary>Whether all connections of a step have one value, and another one than recorded: chance may have drawn it once.</summary>
    public static bool MayBeOneDraw(KernelStepExpect expected, KernelStepExpect actual) =>
        Spreads(expected).Zip(Spreads(actual)).Any(pair => Single(pair.First) is { } want && Single(pair.Second) is { } got && want != got);

    /// <summary>
    /// The first difference of a step's counts from several runs, or null: what is one value in each run, and not the same in
    /// all, is compared by where it lies; everything else with the first run.
    /// </summary>
    public static KernelDifference? CompareDraws(KernelStepExpect expected, IReadOnlyList<KernelStepExpect> runs)
    {
        List<KernelSpread?> adjusted = [.. Spreads(runs[0])];
        List<KernelSpread?> wanted = [.. Spreads(expected)];
        for (int field = 0; field < adjusted.Count; field++)
        {
            List<string?> drawn = [.. runs.Select(run => Single(Spreads(run).ElementAt(field)))];
            if (Single(wanted[field]) is { } value && !drawn.Contains(null) && drawn.Distinct().Count() > 1 && LiesAmong(value, drawn!))
            {
                adjusted[field] = adjusted[field]! with { Counts = new Dictionary<string, int> { [value] = adjusted[field]!.Counts!.Values.Single() } };
            }
        }
        return CompareStep(expected, runs[0] with { Src = adjusted[0], Sport = adjusted[1], Dst = adjusted[2], Dport = adjusted[3] });
    }

    private static IEnumerable<KernelSpread?> Spreads(KernelStepExpect step) => [step.Src, step.Sport, step.Dst, step.Dport];

    private static string? Single(KernelSpread? spread) => spread is { Distinct: 1, Counts: { } counts } ? counts.Keys.Single() : null;

    /// <summary>Whether a port lies within the range that the drawn ones show, with a quarter of it to spare; an address has to be one of them.</summary>
    private static bool LiesAmong(string value, IReadOnlyList<string> drawn)
    {
        if (!int.TryParse(value, CultureInfo.InvariantCulture, out int port))
        {
            return drawn.Contains(value);
        }
        List<int> ports = [.. drawn.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        int spare = (ports.Max() - ports.Min()) / 4;
        return port >= ports.Min() - spare && port <= ports.Max() + spare;
    }

    /// <summary>The first difference of two numbers of connections, or null.</summary>
    public static KernelDifference? CompareCount(string what, int expected, int actual) => Compare(what, expected, actual);

    /// <summary>The first difference of saved rulesets: texts equal, counters near.</summary>
    public static KernelDifference? CompareRuleset(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        KernelDifference? texts = KernelComparer.CompareTexts("ruleset", [.. expected.Select(Blank)], [.. actual.Select(Blank)]);
        for (int i = 0; i < expected.Count && texts is null; i++)
        {
            Match want = Counters().Match(expected[i]);
            Match got = Counters().Match(actual[i]);
            if (want.Success && !Near(KernelText.Number(want.Groups[1].Value), KernelText.Number(got.Groups[1].Value)))
            {
                texts = new KernelDifference("counters: frequency", $"counters\nrecorded {expected[i]}\nhere     {actual[i]}");
            }
        }
        return texts;
    }

    private static string Blank(string line) => Counters().Replace(line, "[]");

    private static bool Near(double a, double b) => Math.Abs(a - b) <= 5 * Math.Sqrt(a + b);

    private static KernelDifference? Compare(string what, double expected, double actual) => Near(expected, actual)
        ? null
        : new KernelDifference(
            $"{what}: frequency",
            string.Create(CultureInfo.InvariantCulture, $"{what} recorded {expected}, here {actual}: more than 5 standard deviations"));

    private static KernelDifference? CompareCounts(
        string what, IReadOnlyDictionary<string, int>? expected, IReadOnlyDictionary<string, int>? actual)
    {
        IEnumerable<string> keys = (expected?.Keys ?? []).Union(actual?.Keys ?? []).Order(StringComparer.Ordinal);
        return keys.Select(key => Compare($"{what} {key}", expected?.GetValueOrDefault(key) ?? 0, actual?.GetValueOrDefault(key) ?? 0))
            .FirstOrDefault(difference => difference is not null);
    }

    private static KernelDifference? CompareSpread(string what, KernelSpread? expected, KernelSpread? actual)
    {
        if (expected is null)
        {
            return null;
        }
        if (actual is null || (expected.Counts is null) != (actual.Counts is null))
        {
            return Compare($"{what} distinct", expected.Distinct, actual?.Distinct ?? 0)
                ?? new KernelDifference($"{what}: spread", $"{what} has {actual?.Distinct ?? 0} values, recorded {expected.Distinct}");
        }
        if (expected.Counts is not null)
        {
            return CompareCounts(what, expected.Counts, actual.Counts);
        }
        IReadOnlyList<int> want = expected.CountsBy4096 ?? [];
        IReadOnlyList<int> got = actual.CountsBy4096 ?? [];
        return Compare($"{what} distinct", expected.Distinct, actual.Distinct)
            ?? Enumerable.Range(0, want.Count)
                .Select(i => Compare($"{what} {i * 4096}-{(i * 4096) + 4095}", want[i], got[i]))
                .FirstOrDefault(difference => difference is not null);
    }

    [GeneratedRegex(@"\[(\d+):(\d+)\]")]
    private static partial Regex Counters();
}
