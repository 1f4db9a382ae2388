using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Rates and bursts of <c>hashlimit</c> as text (<c>extensions/libxt_hashlimit.c</c>).</summary>
internal static class HashlimitText
{
    private const ulong Scale = 1_000_000, MostBurst = 1_000_000, MostBuckets = 1 << 20;
    private const uint ByteExpiry = 15_000, ByteBurstExpiry = 60_000;

    private static readonly (string Name, uint Seconds)[] Units = [("day", 86_400), ("hour", 3_600), ("min", 60), ("sec", 1)];
    private static readonly (string Name, uint Seconds)[] Words = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];
    private static readonly (string Name, ulong Bytes)[] Sizes = [("m", 1 << 20), ("k", 1 << 10), ("", 1)];

    /// <summary>Reads <c>n[/unit]</c>, or bytes as <c>n[k|m]b/s</c>.</summary>
    public static object? ParseRate(OptionCall call)
    {
        string text = call.Argument;
        int bytes = text.IndexOf("b/s", StringComparison.Ordinal);
        long count = ReadCount(text);
        if (bytes > 0 && count != 0)
        {
            ulong factor = text[bytes - 1] switch
            {
                'm' => 1 << 20,
                'k' => 1 << 10,
                _ => 1,
            };
            ulong amount = unchecked((ulong)count * factor);
            if (amount > uint.MaxValue)
            {
                throw OptionCall.Error(string.Create(CultureInfo.InvariantCulture, $"Rate value too large \"{amount}\" (max {uint.MaxValue})\n"));
            }
            return new Rate(CostOf(amount), true, ByteExpiry);
        }
        int slash = text.IndexOf('/');
        uint seconds = 1;
        if (slash >= 0)
        {
            string unit = text[(slash + 1)..];
            int known = unit.Length == 0 ? -1 : Array.FindIndex(Words, word => word.Name.StartsWith(unit, StringComparison.OrdinalIgnoreCase));
            seconds = known >= 0 ? Words[known].Seconds : 0;
        }
        if (count == 0 || seconds == 0)
        {
            throw OptionCall.Error($"hashlimit: Bad value for \"--{call.Option.Name}\" option: \"{text}\"");
        }
        ulong average = Scale * seconds / unchecked((ulong)count);
        return average != 0
            ? new Rate(average, false, seconds * 1000)
            : throw OptionCall.Error($"Rate too fast \"{text}\"");
    }

    /// <summary>Reads a number with <c>k</c> or <c>m</c> after it.</summary>
    public static object? ParseBurst(string text)
    {
        bool isRead = CNumber.TryReadPrefix(text, out int used, out ulong burst, 1, ulong.MaxValue);
        if (!isRead || (used == text.Length && burst > MostBurst))
        {
            throw OptionCall.Error($"bad value for option \"--hashlimit-burst\", or out of range (1-{MostBurst}).");
        }
        char unit = used < text.Length ? text[used] : '\0';
        return unchecked(burst * unit switch { 'm' => 1UL << 20, 'k' => 1UL << 10, _ => 1UL });
    }

    /// <summary>
    /// Writes rate and burst; returns the expiry that is not written. A rate in bytes is written in the largest unit that
    /// reads as the same cost, a burst in the largest that it fills.
    /// </summary>
    public static uint WriteRate(OptionWriter writer, in HashlimitSettings settings, string burst, uint interval = 1)
    {
        ulong average = settings.Average;
        if (!settings.CountsBytes)
        {
            int unit = 1;
            average = Math.Max(average, 1) * interval;
            while (unit < Units.Length && average <= Units[unit].Seconds * Scale
                && Units[unit].Seconds * Scale / average >= Units[unit].Seconds * Scale % average)
            {
                unit++;
            }
            (string name, uint seconds) = Units[unit - 1];
            writer.Number(seconds * Scale / average).Raw('/').Raw(name).Raw(burst).Number(settings.Burst);
            return seconds * 1000;
        }
        ulong bytes = BytesOf(settings.Average);
        (string rateUnit, ulong rateSize) = Sizes.First(size => size.Bytes == 1
            || (bytes >= size.Bytes && CostOf(bytes / size.Bytes * size.Bytes) == average));
        writer.Number(bytes / rateSize).Raw(rateUnit).Raw("b/s");
        if (settings.Burst == 0)
        {
            return ByteExpiry;
        }
        bytes *= settings.Burst;
        (string burstUnit, ulong burstSize) = Sizes.First(size => size.Bytes == 1 || bytes >= size.Bytes);
        writer.Raw(burst).Number(bytes / burstSize).Raw(burstUnit).Raw('b');
        return ByteBurstExpiry;
    }

    /// <summary>Makes the record, after what the tool computes at the end (<c>hashlimit_mt_check</c>).</summary>
    public static HashlimitMatch Build(OptionValues values)
    {
        string option = values.Has("hashlimit-upto") ? "hashlimit-upto" : "hashlimit-above";
        Rate rate = values.Get<Rate>(option);
        byte width = values.Family == IpFamily.IPv4 ? (byte)32 : (byte)128;
        ulong burst = values.Get("hashlimit-burst", 5UL);
        uint expiry = rate.Expiry;
        if (rate.IsBytes)
        {
            ulong second = Math.Max(BytesOf(rate.Average), 1);
            bool isGiven = values.Has("hashlimit-burst");
            burst = isGiven ? (burst / second) + (burst % second != 0 ? 1u : 0) : 0;
            expiry = isGiven ? ByteBurstExpiry : expiry;
        }
        bool matchesRate = values.Has("hashlimit-rate-match");
        return new HashlimitMatch
        {
            Name = values.Get<string>("hashlimit-name"),
            Family = values.Family,
            Settings = new HashlimitSettings
            {
                Average = rate.Average,
                Burst = burst,
                CountsBytes = rate.IsBytes,
                IsAbove = (option == "hashlimit-above") != values.IsInverted(option),
                Modes = values.Get("hashlimit-mode", HashlimitModes.None),
                MatchesRate = matchesRate,
                TableSize = (uint)Math.Min(values.Get("hashlimit-htable-size", 0UL), MostBuckets),
                TableMax = (uint)Math.Min(values.Get("hashlimit-htable-max", 0UL), MostBuckets),
                CollectMilliseconds = (uint)values.Get("hashlimit-htable-gcinterval", 1000UL),
                ExpireMilliseconds = (uint)values.Get("hashlimit-htable-expire", (ulong)expiry),
                IntervalSeconds = (uint)values.Get("hashlimit-rate-interval", matchesRate ? 1UL : 0),
                SourceLength = (byte)values.Get("hashlimit-srcmask", (ulong)width),
                DestinationLength = (byte)values.Get("hashlimit-dstmask", (ulong)width),
            },
        };
    }

    /// <summary>The tool's check of a burst in bytes.</summary>
    public static void CheckBurst(OptionValues values)
    {
        Rate rate = values.Get<Rate>(values.Has("hashlimit-upto") ? "hashlimit-upto" : "hashlimit-above");
        if (!values.Has("hashlimit-burst"))
        {
            return;
        }
        ulong burst = values.Get<ulong>("hashlimit-burst");
        if (rate.IsBytes && burst < BytesOf(rate.Average))
        {
            throw OptionCall.Error($"burst cannot be smaller than {BytesOf(rate.Average)}b");
        }
        if (!rate.IsBytes && burst > MostBurst)
        {
            throw OptionCall.Error($"bad value for option \"--hashlimit-burst\", or out of range (1-{MostBurst}).");
        }
    }

    // cost_to_bytes
    private static ulong BytesOf(ulong average) => ((average == 0 ? uint.MaxValue : uint.MaxValue / average) - 1) << 4;

    // bytes_to_cost
    private static ulong CostOf(ulong bytes) => uint.MaxValue / (((uint)bytes >> 4) + 1);

    private static long ReadCount(string text)
    {
        int i = 0;
        while (i < text.Length && text[i] is ' ' or (>= '\t' and <= '\r'))
        {
            i++;
        }
        bool isNegative = i < text.Length && text[i] == '-';
        i += i < text.Length && text[i] is '-' or '+' ? 1 : 0;
        Int128 count = 0;
        for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
        {
            count = Int128.Min((count * 10) + (text[i] - '0'), long.MaxValue);
        }
        return (long)(isNegative ? -count : count);
    }

    internal sealed record Rate(ulong Average, bool IsBytes, uint Expiry);
}
