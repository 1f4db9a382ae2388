using System.Globalization;

namespace Netfilter.Sim.Extensions;

/// <summary>Numbers as the C library reads them, which is how the tools do.</summary>
public static class CNumber
{
    /// <summary>
    /// Reads a number with a prefix of its base (<c>xtables_strtoul</c>): 0x, leading 0 for octal, leading blanks and
    /// <c>+</c>, but no minus.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="used">Number of characters read.</param>
    /// <param name="value">The number.</param>
    /// <param name="min">Least value.</param>
    /// <param name="max">Greatest value.</param>
    /// <returns>False when there is no number or it is out of range.</returns>
    public static bool TryReadPrefix(ReadOnlySpan<char> text, out int used, out ulong value, ulong min, ulong max)
    {
        value = 0;
        used = 0;
        int i = 0;
        while (i < text.Length && IsSpace(text[i]))
        {
            i++;
        }
        if (i < text.Length && text[i] == '-')
        {
            return false;
        }
        if (i < text.Length && text[i] == '+')
        {
            i++;
        }
        int radix = 10;
        if (i < text.Length && text[i] == '0')
        {
            bool isHex = i + 2 < text.Length && (text[i + 1] | 0x20) == 'x' && char.IsAsciiHexDigit(text[i + 2]);
            (radix, i) = isHex ? (16, i + 2) : (8, i);
        }
        return ReadDigits(text, i, radix, out used, out value) && value >= min && value <= max;
    }

    /// <summary>Reads a whole text as such a number.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ulong value, ulong min = 0, ulong max = ulong.MaxValue) =>
        TryReadPrefix(text, out int used, out value, min, max) && used == text.Length;

    /// <summary>
    /// Reads a whole text as <c>strtoul</c> does in base ten: leading blanks, a sign that may be a minus, saturation instead of an
    /// overflow, and 0 for an empty text.
    /// </summary>
    public static bool TryReadDecimal(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        if (text.IsEmpty)
        {
            return true;
        }
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }
        bool negative = start < text.Length && text[start] == '-';
        start += start < text.Length && text[start] is '-' or '+' ? 1 : 0;
        bool fits = ReadDigits(text, start, 10, out int used, out value);
        value = negative && fits ? unchecked(0 - value) : value;
        return used == text.Length;
    }

    /// <summary>Reads the leading decimal digits of a text as <c>atoi</c> does; 0 when there are none.</summary>
    public static int Atoi(ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && IsSpace(text[i]))
        {
            i++;
        }
        bool negative = i < text.Length && text[i] == '-';
        i += i < text.Length && text[i] is '-' or '+' ? 1 : 0;
        long value = 0;
        for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
        {
            value = Math.Min((value * 10) + (text[i] - '0'), long.MaxValue / 20);
        }
        return unchecked((int)(negative ? -value : value));
    }

    /// <summary>Reads a whole text as <c>strtod</c> does: decimal, hexadecimal, <c>inf</c> and <c>nan</c>.</summary>
    public static bool TryReadReal(string text, out double value)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart(" \t\n\v\f\r");
        bool negative = rest.StartsWith("-");
        rest = rest.StartsWith("-") || rest.StartsWith("+") ? rest[1..] : rest;
        value = double.NaN;
        if (rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            bool isHex = TryReadHexReal(rest[2..], out value);
            value = negative ? -value : value;
            return isHex;
        }
        if (rest.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        if (rest.Equals("inf", StringComparison.OrdinalIgnoreCase) || rest.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        bool starts = !rest.IsEmpty && (char.IsAsciiDigit(rest[0]) || rest[0] == '.');
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        bool read = double.TryParse(rest, style, CultureInfo.InvariantCulture, out value) && starts;
        value = negative ? -value : value;
        return read;
    }

    /// <summary>A number as C makes an <c>unsigned int</c> of it on x86: the lowest 32 bits, and 0 when 64 bits do not hold it.</summary>
    internal static uint Truncate(double value) => Math.Abs(value) < 9223372036854775808.0 ? unchecked((uint)(long)value) : 0;

    private static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    private static bool ReadDigits(ReadOnlySpan<char> text, int start, int radix, out int used, out ulong value)
    {
        int i = start;
        UInt128 sum = 0;
        bool overflow = false;
        for (; i < text.Length && DigitOf(text[i]) < radix; i++)
        {
            sum = (sum * (uint)radix) + (uint)DigitOf(text[i]);
            overflow |= sum > ulong.MaxValue;
            sum = overflow ? ulong.MaxValue : sum;
        }
        used = i > start ? i : 0;
        value = (ulong)sum;
        return i > start && !overflow;
    }

    private static int DigitOf(char c) => char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;

    private static bool TryReadHexReal(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        int exponent = 0, digits = 0, i = 0;
        bool fraction = false;
        for (; i < text.Length && (char.IsAsciiHexDigit(text[i]) || (text[i] == '.' && !fraction)); i++)
        {
            if (text[i] == '.')
            {
                fraction = true;
                continue;
            }
            value = (value * 16) + DigitOf(text[i]);
            exponent -= fraction ? 4 : 0;
            digits++;
        }
        if (i < text.Length && (text[i] | 0x20) == 'p')
        {
            if (!int.TryParse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int power))
            {
                return false;
            }
            exponent += Math.Clamp(power, -5000, 5000);
            i = text.Length;
        }
        value = Math.ScaleB(value, exponent);
        return digits > 0 && i == text.Length;
    }
}
