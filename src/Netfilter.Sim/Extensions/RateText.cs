using System.Globalization;

namespace Netfilter.Sim.Extensions;

/// <summary>Rates of packets, kept as the time between two (<c>extensions/libxt_limit.c parse_rate, print_rate</c>).</summary>
internal static class RateText
{
    private static readonly (string Name, uint Seconds)[] Units = [("day", 86_400), ("hour", 3_600), ("min", 60), ("sec", 1)];
    private static readonly (string Name, uint Seconds)[] Words = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];

    /// <summary>Reads <c>n[/unit]</c>, the unit by any of its beginnings.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scale">Units of time in a second.</param>
    /// <exception cref="IptablesException">Not a rate, or more than <paramref name="scale"/> a second.</exception>
    public static object Parse(string text, uint scale)
    {
        if (!TryParse(text, scale, out uint period, out _))
        {
            throw OptionCall.Error($"bad rate \"{text}\"'");
        }
        return period;
    }

    /// <summary>Reads <c>n[/unit]</c>; false when it is not a rate.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scale">Units of time in a second.</param>
    /// <param name="period">Time between two packets.</param>
    /// <param name="seconds">Seconds of the unit.</param>
    /// <exception cref="IptablesException">More than <paramref name="scale"/> a second.</exception>
    public static bool TryParse(string text, uint scale, out uint period, out uint seconds)
    {
        (period, seconds) = (0, 1);
        int slash = text.IndexOf('/');
        if (slash >= 0)
        {
            string unit = text[(slash + 1)..];
            int found = unit.Length == 0
                ? -1
                : Array.FindIndex(Words, word => word.Name.StartsWith(unit, StringComparison.OrdinalIgnoreCase));
            if (found < 0)
            {
                return false;
            }
            seconds = Words[found].Seconds;
        }
        uint count = unchecked((uint)CNumber.Atoi(text));
        if (count == 0)
        {
            return false;
        }
        period = scale * seconds / count;
        return period != 0 ? true : throw OptionCall.Error($"Rate too fast \"{text}\"");
    }

    /// <summary>Writes the rate in the finest unit that keeps it at least one and not too coarse, rounded down.</summary>
    public static string Format(uint period, uint scale)
    {
        if (period == 0)
        {
            return "inf";
        }
        int i = UnitOf(period, scale);
        return string.Create(CultureInfo.InvariantCulture, $"{Units[i].Seconds * scale / period}/{Units[i].Name}");
    }

    /// <summary>Seconds of the unit that <see cref="Format"/> uses.</summary>
    public static uint UnitSeconds(uint period, uint scale) => Units[UnitOf(period, scale)].Seconds;

    private static int UnitOf(uint period, uint scale)
    {
        int i = 1;
        while (i < Units.Length && period <= Units[i].Seconds * scale
            && Units[i].Seconds * scale / period >= Units[i].Seconds * scale % period)
        {
            i++;
        }
        return i - 1;
    }
}
