namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Compares connections and expected connections with the record.</summary>
public static class ConntrackComparer
{
    /// <summary>Seconds by which a remaining time may differ, because a recording took time.</summary>
    public const int TimeoutTolerance = 2;

    /// <summary>The first difference of two lists of connections, or null.</summary>
    public static KernelDifference? Compare(IReadOnlyList<KernelConnection> expected, IReadOnlyList<KernelConnection> actual)
    {
        List<KernelConnection> want = [.. expected.OrderBy(entry => entry.Line, StringComparer.Ordinal)];
        List<KernelConnection> got = [.. actual.OrderBy(entry => entry.Line, StringComparer.Ordinal)];
        if (CompareLines("conntrack", [.. want.Select(entry => entry.Line)], [.. got.Select(entry => entry.Line)]) is { } difference)
        {
            return difference;
        }
        for (int i = 0; i < want.Count; i++)
        {
            if (CompareDetails(want[i], got[i]) is { } detail)
            {
                return detail;
            }
        }
        return null;
    }

    /// <summary>The first difference of two lists of expected connections, or null.</summary>
    public static KernelDifference? Compare(IReadOnlyList<KernelExpectation> expected, IReadOnlyList<KernelExpectation> actual)
    {
        List<KernelExpectation> want = [.. expected.OrderBy(entry => entry.Line, StringComparer.Ordinal)];
        List<KernelExpectation> got = [.. actual.OrderBy(entry => entry.Line, StringComparer.Ordinal)];
        if (CompareLines("expectations", [.. want.Select(entry => entry.Line)], [.. got.Select(entry => entry.Line)]) is { } difference)
        {
            return difference;
        }
        int differing = Enumerable.Range(0, want.Count).FirstOrDefault(i => !SameTime(want[i].Timeout, got[i].Timeout), -1);
        return differing < 0
            ? null
            : new KernelDifference(
                "expectations: timeout",
                $"expectation {want[differing].Line}\ntimeout recorded {want[differing].Timeout}, here {got[differing].Timeout}");
    }

    private static KernelDifference? CompareLines(string what, List<string> expected, List<string> actual)
    {
        List<string> missing = Without(expected, actual);
        List<string> extra = Without(actual, expected);
        if (missing.Count == 0 && extra.Count == 0)
        {
            return null;
        }
        IEnumerable<string> lines = missing.Take(3).Select(line => "recorded " + line).Concat(extra.Take(3).Select(line => "here     " + line));
        string kind = extra.Count == 0 ? "missing" : missing.Count == 0 ? "too many" : "line";
        return new KernelDifference($"{what}: {kind}", $"{what}: {missing.Count} missing, {extra.Count} too many\n{string.Join('\n', lines)}");
    }

    private static List<string> Without(List<string> lines, List<string> others)
    {
        List<string> left = [.. lines];
        others.ForEach(other => left.Remove(other));
        return left;
    }

    private static KernelDifference? CompareDetails(KernelConnection expected, KernelConnection actual)
    {
        (string What, object? Want, object? Got)[] details =
        [
            ("status", expected.Status, actual.Status),
            ("wscale", Text(expected.Wscale), Text(actual.Wscale)),
            ("tcpflags", Text(expected.Tcpflags), Text(actual.Tcpflags)),
            ("orig_packets", expected.OrigPackets, actual.OrigPackets),
            ("orig_bytes", expected.OrigBytes, actual.OrigBytes),
            ("reply_packets", expected.ReplyPackets, actual.ReplyPackets),
            ("reply_bytes", expected.ReplyBytes, actual.ReplyBytes),
            ("labels", Text(expected.Labels), Text(actual.Labels)),
            ("master", expected.Master, actual.Master),
            ("seqadj", Text(expected.Seqadj), expected.Seqadj is null ? null : Text(actual.Seqadj)),
        ];
        foreach ((string what, object? want, object? got) in details)
        {
            if (!Equals(want, got))
            {
                return Difference(what, want, got, expected);
            }
        }
        return SameTime(expected.Timeout, actual.Timeout) ? null : Difference("timeout", expected.Timeout, actual.Timeout, expected);
    }

    private static KernelDifference Difference(string what, object? want, object? got, KernelConnection entry) =>
        new($"conntrack: {what}", $"conntrack {what} recorded {want ?? "none"}, here {got ?? "none"}\n{entry.Line}");

    private static bool SameTime(long? expected, long? actual) =>
        expected == actual || (expected is not null && actual is not null && Math.Abs(expected.Value - actual.Value) <= TimeoutTolerance);

    private static string? Text(IReadOnlyList<int>? numbers) => numbers is null ? null : string.Join(',', numbers);

    private static string? Text(IReadOnlyDictionary<string, IReadOnlyList<long>>? adjustments) => adjustments is null
        ? null
        : string.Join("; ", adjustments.OrderBy(side => side.Key, StringComparer.Ordinal).Select(side => $"{side.Key} {string.Join(',', side.Value)}"));
}
