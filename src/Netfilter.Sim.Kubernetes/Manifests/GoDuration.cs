using System.Globalization;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads durations as Go writes them: <c>1h2m3.5s</c>, <c>300ms</c>.</summary>
internal static class GoDuration
{
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            // The range holds '/' too, which the number then refuses.
            int digits = rest.IndexOfAnyExceptInRange('.', '9');
            if (digits <= 0 || !decimal.TryParse(
                    rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal n))
            {
                return false;
            }
            rest = rest[digits..];
            int unit = rest.IndexOfAnyInRange('.', '9');
            if (Seconds(rest[..(unit < 0 ? rest.Length : unit)]) is not { } seconds || n * seconds > 1_000_000_000m)
            {
                return false;
            }
            value += TimeSpan.FromTicks((long)(n * seconds * TimeSpan.TicksPerSecond));
            rest = unit < 0 ? [] : rest[unit..];
        }
        return text.Length > 0;
    }

    private static decimal? Seconds(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3600m,
        "m" => 60m,
        "s" => 1m,
        "ms" => 0.001m,
        "us" or "µs" => 0.000001m,
        "ns" => 0.000000001m,
        _ => null,
    };
}
