using System.Globalization;
using System.Text;

namespace Netfilter.Sim.Addressing;

/// <summary>Addresses as glibc's <c>inet_ntop</c> writes them, which is how iptables and conntrack print them.</summary>
internal static class AddressText
{
    public static string Format(NetAddress address)
    {
        if (address.Family == IpFamily.IPv4)
        {
            uint v = address.IPv4Bits;
            return string.Create(CultureInfo.InvariantCulture, $"{v >> 24}.{(v >> 16) & 255}.{(v >> 8) & 255}.{v & 255}");
        }
        return FormatIPv6(address.Bits);
    }

    private static string FormatIPv6(UInt128 bits)
    {
        Span<ushort> words = stackalloc ushort[8];
        for (int i = 0; i < 8; i++)
        {
            words[i] = (ushort)(bits >> (112 - (16 * i)));
        }
        (int runStart, int runLength) = LongestZeroRun(words);
        StringBuilder text = new(39);
        for (int i = 0; i < 8; i++)
        {
            if (runLength > 0 && i >= runStart && i < runStart + runLength)
            {
                if (i == runStart)
                {
                    text.Append(':');
                }
                continue;
            }
            if (i > 0)
            {
                text.Append(':');
            }
            bool embedsIPv4 = i == 6 && runStart == 0
                && (runLength == 6 || (runLength == 5 && words[5] == 0xffff));
            if (embedsIPv4)
            {
                return text.Append(Format(new NetAddress((uint)bits))).ToString();
            }
            text.Append(words[i].ToString("x", CultureInfo.InvariantCulture));
        }
        if (runLength > 0 && runStart + runLength == 8)
        {
            text.Append(':');
        }
        return text.ToString();
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
