using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Counters as <c>sscanf("%llu")</c> reads them: leading blanks, a sign, decimal digits; too big ones saturate.</summary>
internal static class CounterText
{
    /// <summary>Reads <c>[packets:bytes]</c>; null when it is not that.</summary>
    public static RuleCounters? ParsePair(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[')
        {
            return null;
        }
        ReadOnlySpan<char> rest = text[1..];
        return Scan(ref rest) is { } packets && rest.StartsWith(":") && Scan(rest[1..]) is { } bytes
            ? new RuleCounters(packets, bytes)
            : null;
    }

    /// <summary>The number at the start of a text, or null when there is none.</summary>
    public static ulong? Scan(ReadOnlySpan<char> text) => Scan(ref text);

    private static ulong? Scan(ref ReadOnlySpan<char> text)
    {
        text = text.TrimStart(" \t\n\v\f\r");
        bool negative = text.StartsWith("-");
        text = negative || text.StartsWith("+") ? text[1..] : text;
        UInt128 value = 0;
        int digits = 0;
        for (; digits < text.Length && char.IsAsciiDigit(text[digits]); digits++)
        {
            value = UInt128.Min((value * 10) + (uint)(text[digits] - '0'), (UInt128)ulong.MaxValue + 1);
        }
        if (digits == 0)
        {
            return null;
        }
        text = text[digits..];
        return value > ulong.MaxValue ? ulong.MaxValue : negative ? unchecked(0 - (ulong)value) : (ulong)value;
    }
}

/// <summary>Numbers after <c>-w</c> and <c>-W</c>.</summary>
internal static class WaitText
{
    /// <summary>Whether a text begins with a number, as <c>sscanf("%u")</c> sees it.</summary>
    public static bool IsNumber(string text) => CounterText.Scan(text) is not null;
}
