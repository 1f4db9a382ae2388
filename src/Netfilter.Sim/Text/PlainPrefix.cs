using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Text;

/// <summary>Addresses as dumps have them: four decimal octets or an IPv6 literal, with a prefix length or without.</summary>
internal static class PlainPrefix
{
    /// <summary>Reads one; false for anything that has another form, even if a tool would accept it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, IpFamily family, out NetPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        int width = family == IpFamily.IPv4 ? 32 : 128;
        int length = width;
        if (slash >= 0 && !TryNumber(text[(slash + 1)..], width, out length))
        {
            return false;
        }
        ReadOnlySpan<char> address = slash < 0 ? text : text[..slash];
        if (family == IpFamily.IPv4)
        {
            if (!TryDotted(address, out uint bits))
            {
                return false;
            }
            prefix = new NetPrefix(new NetAddress(bits), length);
            return length > 0;
        }
        if (!address.Contains(':') || !NetAddress.TryParse(address, out NetAddress wide))
        {
            return false;
        }
        prefix = new NetPrefix(wide, length);
        return length > 0;
    }

    /// <summary>Reads a decimal number without leading zeros.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, int most, out int number)
    {
        number = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) || (number == 0 && text.Length > 1 && c == '0'))
            {
                return false;
            }
            number = (number * 10) + (c - '0');
            if (number > most)
            {
                return false;
            }
        }
        return text.Length > 0;
    }

    /// <summary>Reads four decimal octets.</summary>
    public static bool TryDotted(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        uint octet = 0;
        int digits = 0, dots = 0;
        foreach (char c in text)
        {
            if (c == '.')
            {
                if (digits == 0 || ++dots > 3)
                {
                    return false;
                }
                bits = (bits << 8) | octet;
                (octet, digits) = (0, 0);
                continue;
            }
            bool isDigit = char.IsAsciiDigit(c) && (digits == 0 || octet != 0);
            octet = (octet * 10) + (uint)(c - '0');
            if (!isDigit || octet > 255)
            {
                return false;
            }
            digits++;
        }
        bits = (bits << 8) | octet;
        return dots == 3 && digits > 0;
    }
}
