using System.Globalization;

namespace Netfilter.Sim.Addressing;

/// <summary>
/// Addresses as glibc's <c>inet_ntop</c> writes them and <c>inet_pton</c> reads them, which is how iptables and conntrack
/// print and take them.
/// </summary>
internal static class AddressText
{
    /// <summary>Characters of the longest address.</summary>
    public const int MaxLength = 45;

    public static string Format(NetAddress address)
    {
        Span<char> text = stackalloc char[MaxLength];
        TryFormat(address, text, out int written);
        return new string(text[..written]);
    }

    /// <summary>Writes an address.</summary>
    /// <returns>False when the destination is too short; what it holds then is of no meaning.</returns>
    public static bool TryFormat(NetAddress address, Span<char> destination, out int written)
    {
        if (address.Family == IpFamily.IPv4)
        {
            return TryFormatIPv4(address.IPv4Bits, destination, out written);
        }
        Span<char> text = stackalloc char[MaxLength];
        written = FormatIPv6(address.Bits, text);
        if (text[..written].TryCopyTo(destination))
        {
            return true;
        }
        written = 0;
        return false;
    }

    /// <summary>Reads four decimal octets without leading zeros.</summary>
    public static bool TryParseIPv4(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        int octets = 0, value = -1, digits = 0;
        foreach (char c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                value = (value < 0 ? 0 : value * 10) + (c - '0');
                if (value > 255 || ++digits > 3 || (digits > 1 && value < 10))
                {
                    return false;
                }
            }
            else if (c == '.' && value >= 0 && octets < 3)
            {
                bits = (bits << 8) | (uint)value;
                octets++;
                (value, digits) = (-1, 0);
            }
            else
            {
                return false;
            }
        }
        bits = (bits << 8) | (uint)Math.Max(value, 0);
        return octets == 3 && value >= 0;
    }

    /// <summary>Reads groups of up to four hexadecimal digits, one <c>::</c> and an IPv4 address at the end.</summary>
    public static bool TryParseIPv6(ReadOnlySpan<char> text, out UInt128 bits)
    {
        bits = default;
        if (text.StartsWith(":") && !text.StartsWith("::"))
        {
            return false;
        }
        Span<ushort> words = stackalloc ushort[8];
        words.Clear();
        int count = 0, gap = -1;
        int at = text.StartsWith("::") ? 1 : 0;
        while (at < text.Length)
        {
            if (text[at] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }
                gap = count;
                at++;
                continue;
            }
            ReadOnlySpan<char> rest = text[at..];
            int end = rest.IndexOf(':');
            ReadOnlySpan<char> group = end < 0 ? rest : rest[..end];
            if (end < 0 && group.Contains('.'))
            {
                if (count > 6 || !TryParseIPv4(group, out uint v4))
                {
                    return false;
                }
                (words[count], words[count + 1]) = ((ushort)(v4 >> 16), (ushort)v4);
                count += 2;
                break;
            }
            bool isLastColon = end >= 0 && at + end + 1 == text.Length;
            if (count == 8 || group.Length > 4 || isLastColon
                || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out words[count]))
            {
                return false;
            }
            count++;
            at += end < 0 ? group.Length : end + 1;
        }
        if (gap < 0 ? count != 8 : count == 8)
        {
            return false;
        }
        int missing = 8 - count;
        for (int i = 0; i < 8; i++)
        {
            ushort word = gap < 0 || i < gap ? words[i] : i < gap + missing ? (ushort)0 : words[i - missing];
            bits = (bits << 16) | word;
        }
        return true;
    }

    private static bool TryFormatIPv4(uint bits, Span<char> destination, out int written) => destination.TryWrite(
        CultureInfo.InvariantCulture, $"{bits >> 24}.{(bits >> 16) & 255}.{(bits >> 8) & 255}.{bits & 255}", out written);

    private static int FormatIPv6(UInt128 bits, Span<char> text)
    {
        Span<ushort> words = stackalloc ushort[8];
        for (int i = 0; i < 8; i++)
        {
            words[i] = (ushort)(bits >> (112 - (16 * i)));
        }
        (int runStart, int runLength) = LongestZeroRun(words);
        int at = 0;
        for (int i = 0; i < 8; i++)
        {
            if (runLength > 0 && i >= runStart && i < runStart + runLength)
            {
                if (i == runStart)
                {
                    text[at++] = ':';
                }
                continue;
            }
            if (i > 0)
            {
                text[at++] = ':';
            }
            bool embedsIPv4 = i == 6 && runStart == 0
                && (runLength == 6 || (runLength == 5 && words[5] == 0xffff));
            if (embedsIPv4)
            {
                TryFormatIPv4((uint)bits, text[at..], out int octets);
                return at + octets;
            }
            words[i].TryFormat(text[at..], out int digits, "x", CultureInfo.InvariantCulture);
            at += digits;
        }
        if (runLength > 0 && runStart + runLength == 8)
        {
            text[at++] = ':';
        }
        return at;
    }

    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<ushort> words)
    {
        (int start, int length) best = (-1, 0);
        for (int i = 0; i < 8;)
        {
            int j = i;
            while (j < 8 && words[j] == 0)
            {
                j++;
            }
            if (j - i > best.length)
            {
                best = (i, j - i);
            }
            i = j + 1;
        }
        return best.length >= 2 ? best : (-1, 0);
    }
}
