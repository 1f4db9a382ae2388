using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// Finds headers, addresses and parameters in a SIP message and its session description as the kernel does
/// (<c>nf_conntrack_sip.c</c>: <c>ct_sip_get_header</c>, <c>ct_sip_get_sdp_header</c>, <c>ct_sip_parse_header_uri</c>).
/// </summary>
internal static class SipText
{
    /// <summary>The port that goes without saying.</summary>
    public const ushort DefaultPort = 5060;

    /// <summary>What a header holds.</summary>
    public enum Value
    {
        Digits,
        Endpoint,
        UserAtEndpoint,
    }

    /// <summary>A header: its names, what precedes the value, and what the value is.</summary>
    public readonly record struct Header(string Name, char Short, string Search, Value Value);

    public static readonly Header CSeq = new("CSeq", '\0', "", Value.Digits);
    public static readonly Header From = new("From", 'f', "sip:", Value.UserAtEndpoint);
    public static readonly Header To = new("To", 't', "sip:", Value.UserAtEndpoint);
    public static readonly Header Contact = new("Contact", 'm', "sip:", Value.UserAtEndpoint);
    public static readonly Header Via = new("Via", 'v', "UDP ", Value.Endpoint);
    public static readonly Header Expires = new("Expires", '\0', "", Value.Digits);
    public static readonly Header ContentLength = new("Content-Length", 'l', "", Value.Digits);

    /// <summary>Whether something was found, and where.</summary>
    /// <param name="State">1: found; 0: not there; −1: there, but not in a form that is understood.</param>
    /// <param name="Offset">Where it begins.</param>
    /// <param name="Length">How long it is.</param>
    public readonly record struct Match(int State, int Offset = 0, int Length = 0)
    {
        public bool IsFound => State > 0;

        public int End => Offset + Length;
    }

    /// <summary>An address with its port, found in a message.</summary>
    public readonly record struct Uri(Match Match, NetAddress Address, ushort Port, int End);

    /// <summary>Finds a header's value, from an offset on.</summary>
    public static Match FindHeader(ReadOnlySpan<byte> text, int from, in Header header, IpFamily family)
    {
        for (int at = from; at < text.Length; at++)
        {
            if (!TryStepToLine(text, ref at))
            {
                continue;
            }
            if (at >= text.Length)
            {
                break;
            }
            if (text[at] is (byte)' ' or (byte)'\t')
            {
                continue;
            }
            if (StartsWith(text[at..], header.Name))
            {
                at += header.Name.Length;
            }
            else if (header.Short != '\0' && at + 1 < text.Length && (text[at] | 0x20) == header.Short && !IsLetter(text[at + 1]))
            {
                at++;
            }
            else
            {
                continue;
            }
            if (!SkipBlanks(text, ref at) || text[at] != ':' || ++at >= text.Length || !SkipBlanks(text, ref at))
            {
                break;
            }
            return ValueAt(text, at, header, family);
        }
        return default;
    }

    /// <summary>Finds a header's URI with its address and port (<c>ct_sip_parse_header_uri</c>).</summary>
    /// <param name="text">The message.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="header">The header.</param>
    /// <param name="family">The family of its address.</param>
    /// <param name="isInHeader">Whether <paramref name="from"/> lies in a header of that kind whose list goes on.</param>
    public static Uri FindUri(ReadOnlySpan<byte> text, int from, in Header header, IpFamily family, ref bool isInHeader)
    {
        Match match = default;
        if (isInHeader)
        {
            match = NextInList(text, from, header, family);
        }
        if (match.State == 0)
        {
            match = FindHeader(text, from, header, family);
            isInHeader = match.IsFound;
        }
        if (!match.IsFound)
        {
            return new Uri(match, default, 0, from);
        }
        return AddressAt(text, match, family);
    }

    /// <summary>Finds a header's URI, the first of the message.</summary>
    public static Uri FindUri(ReadOnlySpan<byte> text, in Header header, IpFamily family)
    {
        bool isInHeader = false;
        return FindUri(text, 0, header, family, ref isInHeader);
    }

    /// <summary>The address in the first line of a request (<c>ct_sip_parse_request</c>).</summary>
    public static Uri FindRequestUri(ReadOnlySpan<byte> text, IpFamily family)
    {
        int at = 0;
        while (at < text.Length && IsLetter(text[at]))
        {
            at++;
        }
        if (at == 0 || ++at >= text.Length)
        {
            return default;
        }
        for (; at < text.Length - 4; at++)
        {
            if (text[at] is (byte)'\r' or (byte)'\n')
            {
                return new Uri(new Match(-1), default, 0, 0);
            }
            if (StartsWith(text[at..], "sip:"))
            {
                at += 4;
                break;
            }
        }
        Match match = UserAtEndpoint(text, at, family);
        return match.IsFound ? AddressAt(text, match, family) : default;
    }

    /// <summary>Finds a line of the session description (<c>ct_sip_get_sdp_header</c>).</summary>
    /// <param name="text">The message.</param>
    /// <param name="from">Where to begin; a line that begins there is not seen.</param>
    /// <param name="letter">The line's letter: v, o, c or m.</param>
    /// <param name="until">The letter of the line to stop at; 0 for none.</param>
    /// <param name="family">The family of its addresses.</param>
    public static Match FindSession(ReadOnlySpan<byte> text, int from, char letter, char until, IpFamily family)
    {
        for (int at = from; at < text.Length; at++)
        {
            if (!TryStepToLine(text, ref at))
            {
                continue;
            }
            if (at + 2 > text.Length || (until != '\0' && IsLine(text[at..], until)))
            {
                break;
            }
            if (!IsLine(text[at..], letter))
            {
                continue;
            }
            at += 2;
            return letter switch
            {
                'v' => Found(at, DigitsAt(text, at)),
                'm' => Found(at, MediaLength(text, at)),
                _ => SessionAddress(text, at, family),
            };
        }
        return default;
    }

    /// <summary>Reads an address (<c>sip_parse_addr</c>).</summary>
    /// <param name="text">The message.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="family">Its family.</param>
    /// <param name="isDelimited">Whether an IPv6 address has to stand in brackets.</param>
    /// <param name="address">The address.</param>
    /// <param name="end">Where it ends.</param>
    public static bool TryReadAddress(
        ReadOnlySpan<byte> text, int at, IpFamily family, bool isDelimited, out NetAddress address, out int end)
    {
        (address, end) = (default, at);
        bool isIPv6 = family == IpFamily.IPv6, hasBracket = isIPv6 && at < text.Length && text[at] == '[';
        if (isIPv6 && isDelimited && !hasBracket)
        {
            return false;
        }
        int start = hasBracket ? at + 1 : at;
        end = start;
        while (end < text.Length && (char.IsAsciiHexDigit((char)text[end]) || text[end] == (isIPv6 ? ':' : '.')))
        {
            end++;
        }
        if (!NetAddress.TryParse(Encoding.ASCII.GetString(text[start..end]), out address) || address.Family != family)
        {
            return false;
        }
        if (hasBracket)
        {
            if (end >= text.Length || text[end] != ']')
            {
                return false;
            }
            end++;
        }
        return true;
    }

    /// <summary>Finds a parameter such as <c>expires=60</c> before the end of the list element (<c>ct_sip_parse_param</c>).</summary>
    public static Match FindParameter(ReadOnlySpan<byte> text, int from, string name)
    {
        int length = text[from..].IndexOf((byte)',');
        int lineEnd = text[from..].IndexOfAny((byte)'\r', (byte)'\n');
        int end = from + Math.Min(length < 0 ? text.Length - from : length, lineEnd < 0 ? text.Length - from : lineEnd);
        for (int at = from; at + name.Length < end; at++)
        {
            if (StartsWith(text[at..], name))
            {
                int value = at + name.Length, valueEnd = value;
                while (valueEnd < end && text[valueEnd] is not ((byte)';' or (byte)'>' or (byte)' '))
                {
                    valueEnd++;
                }
                return new Match(1, value, valueEnd - value);
            }
        }
        return default;
    }

    /// <summary>The number of digits at an offset.</summary>
    public static int DigitsAt(ReadOnlySpan<byte> text, int at)
    {
        int end = at;
        while (end < text.Length && text[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }
        return end - at;
    }

    /// <summary>Whether a text begins with another, whatever the case.</summary>
    public static bool StartsWith(ReadOnlySpan<byte> text, string prefix)
    {
        if (text.Length < prefix.Length)
        {
            return false;
        }
        for (int i = 0; i < prefix.Length; i++)
        {
            if (char.ToLowerInvariant((char)text[i]) != char.ToLowerInvariant(prefix[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static Match ValueAt(ReadOnlySpan<byte> text, int at, in Header header, IpFamily family)
    {
        if (header.Search.Length > 0)
        {
            int found = SearchInLine(text, at, header.Search);
            if (found < 0)
            {
                return new Match(-1);
            }
            at = found + header.Search.Length;
        }
        return header.Value switch
        {
            Value.Digits => Found(at, DigitsAt(text, at)),
            Value.Endpoint => Endpoint(text, at, family),
            _ => UserAtEndpoint(text, at, family),
        };
    }

    /// <summary>The next element of a header's list (<c>ct_sip_next_header</c>).</summary>
    private static Match NextInList(ReadOnlySpan<byte> text, int from, in Header header, IpFamily family)
    {
        int comma = SearchInLine(text, from, ",");
        if (comma < 0)
        {
            return default;
        }
        int at = SearchInLine(text, comma + 1, header.Search);
        if (at < 0)
        {
            return default;
        }
        Match match = header.Value == Value.Endpoint
            ? Endpoint(text, at + header.Search.Length, family)
            : UserAtEndpoint(text, at + header.Search.Length, family);
        return match.IsFound ? match : new Match(-1);
    }

    private static Uri AddressAt(ReadOnlySpan<byte> text, Match match, IpFamily family)
    {
        if (!TryReadAddress(text, match.Offset, family, isDelimited: true, out NetAddress address, out int end))
        {
            return new Uri(new Match(-1), default, 0, 0);
        }
        if (end >= text.Length || text[end] != ':')
        {
            return new Uri(match, address, DefaultPort, end);
        }
        int digits = DigitsAt(text, end + 1);
        bool isPort = int.TryParse(text.Slice(end + 1, digits), out int port) && port is >= 1024 and <= 65535;
        return isPort ? new Uri(match, address, (ushort)port, end + 1 + digits) : new Uri(new Match(-1), default, 0, 0);
    }

    private static Match Endpoint(ReadOnlySpan<byte> text, int at, IpFamily family)
    {
        if (!TryReadAddress(text, at, family, isDelimited: true, out _, out int end))
        {
            return new Match(-1);
        }
        if (end < text.Length && text[end] == ':')
        {
            end += 1 + DigitsAt(text, end + 1);
        }
        return Found(at, end - at);
    }

    private static Match UserAtEndpoint(ReadOnlySpan<byte> text, int at, IpFamily family)
    {
        int end = text[at..].IndexOfAny((byte)'@', (byte)'\r', (byte)'\n');
        return Endpoint(text, end >= 0 && text[at + end] == '@' ? at + end + 1 : at, family);
    }

    private static Match SessionAddress(ReadOnlySpan<byte> text, int at, IpFamily family)
    {
        int found = SearchInLine(text, at, family == IpFamily.IPv4 ? "IN IP4 " : "IN IP6 ", followsContinuation: false);
        return found >= 0 && TryReadAddress(text, found + 7, family, isDelimited: false, out _, out int end)
            ? Found(found + 7, end - found - 7) : new Match(-1);
    }

    /// <summary>A media line up to the end of its port (<c>media_len</c>).</summary>
    private static int MediaLength(ReadOnlySpan<byte> text, int at)
    {
        int end = at;
        while (end < text.Length && IsLetter(text[end]))
        {
            end++;
        }
        if (end == at || end >= text.Length || text[end] != ' ')
        {
            return 0;
        }
        return end + 1 + DigitsAt(text, end + 1) - at;
    }

    private static Match Found(int at, int length) => length > 0 ? new Match(1, at, length) : new Match(-1);

    private static bool IsLine(ReadOnlySpan<byte> text, char letter) =>
        text.Length >= 2 && (text[0] | 0x20) == letter && text[1] == '=';

    private static bool IsLetter(byte character) => char.IsAsciiLetter((char)character);

    /// <summary>At the end of a line, steps to the beginning of the next one.</summary>
    private static bool TryStepToLine(ReadOnlySpan<byte> text, ref int at)
    {
        if (text[at] is not ((byte)'\r' or (byte)'\n'))
        {
            return false;
        }
        at++;
        if (at < text.Length && text[at - 1] == '\r' && text[at] == '\n')
        {
            at++;
        }
        return true;
    }

    /// <summary>Skips blanks, also over a line that is continued.</summary>
    private static bool SkipBlanks(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }
        return at < text.Length && (text[at] is not ((byte)'\r' or (byte)'\n') || FollowContinuation(text, ref at));
    }

    private static bool FollowContinuation(ReadOnlySpan<byte> text, ref int at)
    {
        TryStepToLine(text, ref at);
        if (at >= text.Length || text[at] is not ((byte)' ' or (byte)'\t'))
        {
            return false;
        }
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }
        return at < text.Length;
    }

    private static int SearchInLine(ReadOnlySpan<byte> text, int at, string needle, bool followsContinuation = true)
    {
        for (; at < text.Length - needle.Length; at++)
        {
            if (text[at] is (byte)'\r' or (byte)'\n')
            {
                if (!followsContinuation || !FollowContinuation(text, ref at))
                {
                    return -1;
                }
                continue;
            }
            if (StartsWith(text[at..], needle))
            {
                return at;
            }
        }
        return -1;
    }
}
