using System.Text.RegularExpressions;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Compares what a step did, and the state after it, with the record.</summary>
public static partial class KernelComparer
{
    /// <summary>What state a case records at its end.</summary>
    public static IReadOnlyList<string> StateAtEnd(KernelCase @case)
    {
        List<string> what = ["ruleset", "recent"];
        what.Add(@case.Expect.ConntrackCount is null ? "conntrack" : "conntrack_count");
        if (@case.CaptureEach.Contains("expectations"))
        {
            what.Add("expectations");
        }
        if (@case.Host.Nfacct.Count > 0)
        {
            what.Add("nfacct");
        }
        if (@case.Expect.Ipset is not null)
        {
            what.Add("ipset");
        }
        return what;
    }

    /// <summary>A step's result together with the state after it.</summary>
    public static KernelStepExpect WithState(KernelStepExpect step, KernelSnapshot state) => step with
    {
        Conntrack = state.Conntrack,
        Expectations = state.Expectations,
        RulesetSaveCounters = state.RulesetSaveCounters,
        Recent = state.Recent,
        Ipset = state.Ipset,
        Nfacct = state.Nfacct,
    };

    /// <summary>The first difference of a step, or null.</summary>
    public static KernelDifference? CompareStep(KernelCase @case, KernelStep step, KernelStepExpect expected, KernelStepExpect actual)
    {
        if (@case.IsDistribution)
        {
            return DistributionComparer.CompareStep(expected, actual) ?? CompareState(@case, expected, actual);
        }
        return ComparePackets(@case, expected, actual)
            ?? CompareNflog(expected.Nflog, actual.Nflog)
            ?? CompareTexts("log", expected.Log, KernelText.LogLines(@case, expected.Log, actual.Log))
            ?? CompareTexts("trace", expected.Trace, actual.Trace)
            ?? CompareCommand(step, expected, actual)
            ?? CompareValue("passed", expected.Passed, actual.Passed)
            ?? CompareCounts(expected, actual)
            ?? (expected.Error is null or "EPERM" ? CompareValue("EPERM", expected.Error, actual.Error) : null)
            ?? (@case.ConntrackEvents ? CompareTexts("events", expected.Events, actual.Events) : null)
            ?? CompareState(@case, CapturedState(@case, step, expected), actual);
    }

    /// <summary>The first difference of recorded state, or null. What is not recorded is not compared.</summary>
    public static KernelDifference? CompareState(KernelCase @case, KernelSnapshot expected, KernelSnapshot actual) =>
        CompareRuleset(@case, expected.RulesetSaveCounters, actual.RulesetSaveCounters)
        ?? (expected.Conntrack is null || expected.ConntrackCount is not null
            ? null
            : ConntrackComparer.Compare(expected.Conntrack, actual.Conntrack ?? []))
        ?? (expected.ConntrackCount is null
            ? null
            : @case.IsDistribution
                ? DistributionComparer.CompareCount("conntrack_count", expected.ConntrackCount.Value, actual.ConntrackCount ?? 0)
                : CompareValue("conntrack_count", expected.ConntrackCount, actual.ConntrackCount))
        ?? (expected.Expectations is null && actual.Expectations is null
            ? null
            : ConntrackComparer.Compare(expected.Expectations ?? [], actual.Expectations ?? []))
        ?? (actual.Recent is null ? null : CompareRecent(expected.Recent, actual.Recent))
        ?? (expected.Ipset is null ? null : CompareIpset(expected.Ipset, actual.Ipset ?? []))
        ?? (expected.Nfacct is null
            ? null
            : CompareTexts("nfacct", [.. expected.Nfacct.Select(o => $"{o}")], [.. (actual.Nfacct ?? []).Select(o => $"{o}")]));

    /// <summary>Compares two lists of lines.</summary>
    public static KernelDifference? CompareTexts(string what, IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            string? want = i < expected.Count ? expected[i] : null;
            string? got = i < actual.Count ? actual[i] : null;
            if (want != got)
            {
                return new KernelDifference(what, $"{what} line {i + 1}\nrecorded {want ?? "(no more)"}\nhere     {got ?? "(no more)"}");
            }
        }
        return null;
    }

    private static KernelDifference? CompareValue<T>(string what, T expected, T actual) =>
        Equals(expected, actual) ? null : new KernelDifference(what, $"{what} recorded {expected}, here {actual}");

    /// <summary>Where a state is captured after each step, an absent one is an empty one.</summary>
    private static KernelStepExpect CapturedState(KernelCase @case, KernelStep step, KernelStepExpect expected) =>
        step.Op != "snapshot" && @case.CaptureEach.Contains("conntrack") && expected.Conntrack is null
            ? expected with { Conntrack = [] }
            : expected;

    private static KernelDifference? ComparePackets(KernelCase @case, KernelStepExpect expected, KernelStepExpect actual)
    {
        List<string> order = [.. @case.Host.Interfaces.Select(device => device.Name)];
        List<KernelPacket> emitted = [.. actual.Emitted.OrderBy(packet => order.IndexOf(packet.Iface))];
        return ComparePackets("emitted", expected.Emitted, emitted) ?? ComparePackets("delivered", expected.Delivered, actual.Delivered);
    }

    private static KernelDifference? ComparePackets(string what, IReadOnlyList<KernelPacket> expected, IReadOnlyList<KernelPacket> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            if (i >= actual.Count)
            {
                return new KernelDifference($"{what}: missing", $"{what} {i} is missing: {Describe(expected[i])}");
            }
            if (i >= expected.Count)
            {
                return new KernelDifference($"{what}: too many", $"{what} {i} was not recorded: {Describe(actual[i])}");
            }
            if (ComparePacket(expected[i], actual[i]) is { } difference)
            {
                return new KernelDifference($"{what}: {difference.Cause}", $"{what} {i} differs in {difference.Cause}{difference.Text}");
            }
        }
        return null;
    }

    private static string Describe(KernelPacket packet) =>
        $"{packet.Iface} {PacketLine.Describe(Convert.FromHexString(packet.PacketHex))}";

    private static (string Cause, string Text)? ComparePacket(KernelPacket expected, KernelPacket actual)
    {
        if (expected.Iface != actual.Iface)
        {
            return ("interface", $"\nrecorded {Describe(expected)}\nhere     {Describe(actual)}");
        }
        if (expected.EthernetHex != actual.EthernetHex)
        {
            return ("eth", $"\nrecorded {expected.EthernetHex} {Describe(expected)}\nhere     {actual.EthernetHex} {Describe(actual)}");
        }
        if (expected.Mark != actual.Mark)
        {
            return ("mark", $"\nrecorded 0x{expected.Mark:x}, here 0x{actual.Mark:x}: {Describe(expected)}");
        }
        return PacketComparison.Compare(
            Convert.FromHexString(expected.PacketHex), Convert.FromHexString(actual.PacketHex), expected.Ignore);
    }

    private static KernelDifference? CompareNflog(IReadOnlyList<KernelNflog> expected, IReadOnlyList<KernelNflog> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            KernelNflog? want = i < expected.Count ? expected[i] : null;
            KernelNflog? got = i < actual.Count ? actual[i] : null;
            if (Text(want) != Text(got))
            {
                return new KernelDifference("nflog", $"nflog {i}\nrecorded {Text(want)}\nhere     {Text(got)}");
            }
            if (PacketComparison.Compare(Convert.FromHexString(want!.PacketHex), Convert.FromHexString(got!.PacketHex), want.Ignore)
                is { } difference)
            {
                return new KernelDifference($"nflog: {difference.Cause}", $"nflog {i} differs in {difference.Cause}{difference.Text}");
            }
        }
        return null;

        static string Text(KernelNflog? log) => log is null
            ? "(no more)"
            : $"group {log.Group} prefix \"{log.Prefix}\" {log.Hook} in={log.In} out={log.Out} physin={log.Physin} physout={log.Physout} mark=0x{log.Mark:x}";
    }

    private static KernelDifference? CompareCommand(KernelStep step, KernelStepExpect expected, KernelStepExpect actual)
    {
        if (expected.Rc is null)
        {
            return null;
        }
        if (expected.Rc == 0 && actual.Rc != 0 && KernelText.MissingExtension(actual.Stderr) is { } missing)
        {
            return new KernelDifference($"not modelled: {missing}", $"not modelled: {missing}");
        }
        if (expected.Rc != actual.Rc)
        {
            return new KernelDifference(
                "exit code", $"exit code recorded {expected.Rc} ({expected.Stderr}), here {actual.Rc} ({actual.Stderr})");
        }
        return expected.Stdout is null
            ? null
            : CompareTexts("stdout", expected.Stdout, KernelText.Output(actual.Stdout ?? [], step.Output == "sorted"));
    }

    private static KernelDifference? CompareCounts(KernelStepExpect expected, KernelStepExpect actual) =>
        CompareTexts("emitted_count", Lines(expected.EmittedCount), Lines(actual.EmittedCount))
        ?? CompareValue("delivered_count", expected.DeliveredCount, actual.DeliveredCount);

    private static List<string> Lines(IReadOnlyDictionary<string, int>? counts) => counts is null
        ? []
        : [.. counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}")];

    private static KernelDifference? CompareRuleset(KernelCase @case, IReadOnlyList<string>? expected, IReadOnlyList<string>? actual)
    {
        if (expected is null)
        {
            return null;
        }
        expected = [.. expected.Where(line => line.Length > 0)];
        List<string> lines = KernelText.Tables(actual ?? [], KernelText.TableNames(expected));
        return @case.IsDistribution
            ? DistributionComparer.CompareRuleset(expected, lines)
            : CompareTexts("counters", expected, lines);
    }

    private static KernelDifference? CompareRecent(
        IReadOnlyDictionary<string, IReadOnlyList<KernelRecent>>? expected,
        IReadOnlyDictionary<string, IReadOnlyList<KernelRecent>> actual) =>
        CompareTexts("recent", Lines(expected), Lines(actual));

    private static List<string> Lines(IReadOnlyDictionary<string, IReadOnlyList<KernelRecent>>? lists) => lists is null
        ? []
        : [.. lists.OrderBy(list => list.Key, StringComparer.Ordinal).SelectMany(list =>
            list.Value.OrderBy(entry => entry.Src, StringComparer.Ordinal).Select(entry => $"{list.Key}: {entry}").Prepend(list.Key))];

    private static KernelDifference? CompareIpset(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            string want = i < expected.Count ? expected[i] : "(no more)";
            string got = i < actual.Count ? actual[i] : "(no more)";
            if (!SameSetLine(want, got))
            {
                return new KernelDifference("ipset", $"ipset line {i + 1}\nrecorded {want}\nhere     {got}");
            }
        }
        return null;
    }

    private static bool SameSetLine(string expected, string actual)
    {
        if (expected == actual)
        {
            return true;
        }
        Match want = Timeout().Match(expected);
        Match got = Timeout().Match(actual);
        return want.Success && got.Success
            && expected.Remove(want.Index, want.Length) == actual.Remove(got.Index, got.Length)
            && Math.Abs(KernelText.Number(want.Groups[1].Value) - KernelText.Number(got.Groups[1].Value)) <= ConntrackComparer.TimeoutTolerance;
    }

    [GeneratedRegex(@" timeout (\d+)")]
    private static partial Regex Timeout();
}
