using System.Globalization;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Dates, times and lists of days of <see cref="TimeMatch"/> (<c>extensions/libxt_time.c</c>).</summary>
internal static class TimeText
{
    private static readonly string[] WeekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    private static readonly string[] Ordinals = ["th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"];

    /// <summary><c>YYYY[-MM[-DD[Thh[:mm[:ss]]]]]</c>; a part without digits is 0, and what is too much carries over.</summary>
    public static object? ReadDate(string text)
    {
        ReadOnlySpan<(char After, uint Least, uint Greatest)> parts =
            [('-', 1970, 2038), ('-', 0, 12), ('T', 0, 31), (':', 0, 23), (':', 0, 59), ('\0', 0, 59)];
        Span<uint> found = [0, 1, 1, 0, 0, 0];
        ReadOnlySpan<char> rest = text;
        for (int i = 0; i < parts.Length; i++)
        {
            found[i] = TakeNumber(ref rest);
            bool isEnd = rest.IsEmpty;
            bool goesOn = !isEnd && i < parts.Length - 1 && rest[0] == parts[i].After;
            if ((!isEnd && !goesOn) || found[i] < parts[i].Least || found[i] > parts[i].Greatest)
            {
                throw OptionCall.Error($"Invalid date \"{text}\" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]");
            }
            if (isEnd)
            {
                break;
            }
            rest = rest[1..];
        }
        DateTime date = new DateTime((int)found[0], 1, 1, 0, 0, 0, DateTimeKind.Utc)
            .AddMonths((int)found[1] - 1).AddDays((int)found[2] - 1)
            .AddHours(found[3]).AddMinutes(found[4]).AddSeconds(found[5]);
        return date >= DateTime.UnixEpoch
            ? (uint)((date - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond)
            : throw new IptablesException(IptablesExit.OtherProblem, "mktime returned an error");
    }

    /// <summary><c>hh:mm[:ss]</c>; the error names the text from the bad part on.</summary>
    public static object? ReadTime(string text)
    {
        ReadOnlySpan<char> rest = text;
        Span<uint> found = [0, 0, 0];
        for (int i = 0; i < found.Length; i++)
        {
            ReadOnlySpan<char> part = rest;
            found[i] = TakeNumber(ref rest);
            bool goesOn = !rest.IsEmpty && rest[0] == ':' && i < 2;
            bool isEnd = rest.IsEmpty && i > 0;
            if ((!goesOn && !isEnd) || found[i] > (i == 0 ? 23u : 59u))
            {
                throw OptionCall.Error(
                    $"invalid time \"{part}\" specified, should be hh:mm[:ss] format and within the boundaries");
            }
            if (isEnd)
            {
                break;
            }
            rest = rest[1..];
        }
        return (found[0] * 3600) + (found[1] * 60) + found[2];
    }

    /// <summary>Names by their first two letters, or numbers; numbers beyond the week fall out of the eight bits.</summary>
    public static object? ReadWeekdays(OptionCall call)
    {
        uint days = 0;
        foreach (string day in Segments(call.Argument, 3))
        {
            if (ReadWhole(day) is { } number)
            {
                days |= number != 0 ? 1u << (int)number : throw OptionCall.Error("No, the week does NOT begin with Sunday.");
                continue;
            }
            int index = day.Length < 2 ? -1 : Array.FindIndex(WeekdayNames, name => name.AsSpan(0, 2).SequenceEqual(day.AsSpan(0, 2)));
            days |= index >= 0 ? 2u << index : throw OptionCall.Error($"{day} is not a valid day specifier");
        }
        return (byte)(call.IsInverted ? days ^ TimeMatch.AllWeekdays : days);
    }

    /// <summary>Numbers of at most two characters, up to 31.</summary>
    public static object? ReadMonthdays(OptionCall call)
    {
        uint days = 0;
        foreach (string day in Segments(call.Argument, 2))
        {
            days |= ReadWhole(day) is { } number and <= 31
                ? 1u << (int)number
                : throw OptionCall.Error($"{day} is not a valid day for --monthdays");
        }
        return call.IsInverted ? days ^ TimeMatch.AllMonthdays : days;
    }

    public static string Date(uint seconds, char separator) => DateTime.UnixEpoch.AddSeconds(seconds)
        .ToString($"yyyy-MM-dd'{separator}'HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Time(uint second) => string.Create(
        CultureInfo.InvariantCulture, $"{second / 3600:D2}:{second / 60 % 60:D2}:{second % 60:D2}");

    public static string DaysOfWeek(byte days) =>
        string.Join(',', WeekdayNames.Where((_, index) => (days & (2 << index)) != 0));

    /// <summary>The suffix goes by the last digit alone: 11st.</summary>
    public static string DaysOfMonth(uint days, bool withSuffix) => string.Join(',', Enumerable.Range(1, 31)
        .Where(day => (days & (1u << day)) != 0)
        .Select(day => day.ToString(CultureInfo.InvariantCulture) + (withSuffix ? Ordinals[day % 10] : "")));

    // my_strseg: an empty list has no segments, and a final comma begins none.
    private static IEnumerable<string> Segments(string list, int keptCharacters)
    {
        for (string? rest = list; !string.IsNullOrEmpty(rest);)
        {
            int comma = rest.IndexOf(',');
            string segment = comma < 0 ? rest : rest[..comma];
            rest = comma < 0 ? null : rest[(comma + 1)..];
            yield return ByteText.Cut(segment, keptCharacters);
        }
    }

    // strtoul with any base over the whole segment; nothing at all is 0.
    private static ulong? ReadWhole(string text) =>
        text.Length == 0 ? 0 : CNumber.TryRead(text, out ulong number) ? number : null;

    private static uint TakeNumber(ref ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> digits = text.TrimStart(" \t\n\v\f\r");
        digits = digits.StartsWith("+") ? digits[1..] : digits;
        uint value = 0;
        int used = 0;
        for (; used < digits.Length && char.IsAsciiDigit(digits[used]); used++)
        {
            value = Math.Min((value * 10) + (uint)(digits[used] - '0'), 1_000_000);
        }
        text = used > 0 ? digits[used..] : text;
        return value;
    }
}
