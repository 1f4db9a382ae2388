using System.Buffers;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Sets;

/// <summary>Elements as the tool reads and writes them (<c>ipset/lib/parse.c</c>, <c>print.c</c>).</summary>
internal static class SetElementText
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Writes an element without its extensions.</summary>
    public static string Format(IpSetHeader header, in SetKey key, in SetEntry entry, Func<int, string> memberName)
    {
        if (header.Type.IsList)
        {
            return memberName(key.Member);
        }
        if (header.Type.Name == "bitmap:port")
        {
            return key.Port.ToString(CultureInfo.InvariantCulture);
        }
        List<string> parts = [];
        int addresses = 0;
        foreach (SetField field in header.Type.Fields)
        {
            switch (field)
            {
                case SetField.Ip or SetField.Net:
                    parts.Add(addresses++ == 0 ? FormatNet(key.Ip, key.Prefix) : FormatNet(key.Ip2, key.Prefix2));
                    break;
                case SetField.Port:
                    parts.Add(SetPortText.Format(key.Protocol, key.Port));
                    break;
                case SetField.Interface:
                    parts.Add((key.IsPhysical ? "physdev:" : "") + key.Interface);
                    break;
                case SetField.Mac when entry.Mac != 0:
                    parts.Add(FormatMac(entry.Mac));
                    break;
            }
        }
        return string.Join(',', parts);
    }

    /// <summary>Reads an element; a range or list of ports stands for several.</summary>
    /// <param name="header">The set's header.</param>
    /// <param name="text">The element.</param>
    /// <param name="shown">The element as <c>test</c> prints it.</param>
    /// <exception cref="IpSetException">The text is not an element of such a set, in the tool's words.</exception>
    public static List<(SetKey Key, ulong Mac)> Parse(IpSetHeader header, string text, out string shown)
    {
        string[] parts = Split(header.Type, text);
        List<(SetKey Key, ulong Mac)> elements = [(default, 0)];
        List<string> texts = [];
        int addresses = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            SetField field = header.Type.Fields[i];
            bool second = field is SetField.Ip or SetField.Net && addresses++ > 0;
            RequirePlain(header, field, second, parts[i]);
            elements = [.. elements.SelectMany(element => Extend(header, field, second, parts[i], element))];
            texts.Add(Shown(header, field, parts[i], elements));
        }
        shown = string.Join(',', texts);
        return elements;
    }

    // The tool finds a separator only when something stands before and behind it.
    private static string[] Split(IpSetType type, string text)
    {
        int dimension = type.Dimension;
        int first = Separator(text, ',');
        if (first >= 0 && dimension == 1)
        {
            throw IpSetException.Syntax($"Elem separator in {text}, but settype {type.Name} supports none.");
        }
        if (first < 0)
        {
            return dimension == 1 || type.Name == "bitmap:ip,mac"
                ? [text]
                : throw IpSetException.Syntax($"Second element is missing from {text}.");
        }
        string rest = text[(first + 1)..];
        int second = Separator(rest, ',');
        if (second >= 0 && dimension == 2)
        {
            throw IpSetException.Syntax($"Two elem separators in {text}, but settype {type.Name} supports one.");
        }
        if (dimension == 2)
        {
            return [text[..first], rest];
        }
        return second < 0
            ? throw IpSetException.Syntax($"Third element is missing from {text}.")
            : Separator(rest[(second + 1)..], ',') >= 0
                ? throw IpSetException.Syntax($"Three elem separators in {text}, but settype {type.Name} supports two.")
                : [text[..first], rest[..second], rest[(second + 1)..]];
    }

    /// <summary>Where a separator stands first; -1 for nowhere, or when the text begins or ends with one. What is in brackets is passed over.</summary>
    public static int Separator(string text, char separator)
    {
        int from = text.StartsWith('[') ? Math.Max(0, text.IndexOf(']')) : 0;
        return text.StartsWith(separator) || text.EndsWith(separator) ? -1 : text.IndexOf(separator, from);
    }

    // Where the tool takes one address only, a prefix length is let pass when it is that of the whole address.
    private static void RequirePlain(IpSetHeader header, SetField field, bool second, string text)
    {
        int slash = Separator(text, '/'), dash = Separator(text, '-');
        bool isSingle = field == SetField.Ip && (second || header.Family == IpFamily.IPv6 || header.Type.Name == "bitmap:ip,mac");
        string whole = header.Family == IpFamily.IPv4 ? "32" : "128";
        if (isSingle && (dash >= 0 || (slash >= 0 && text[(slash + 1)..] != whole)))
        {
            throw IpSetException.Syntax($"plain IP address must be supplied: {text}");
        }
        if (field == SetField.Net && header.Family == IpFamily.IPv6 && dash >= 0)
        {
            throw IpSetException.Syntax($"IP address or IP/cidr must be specified: {text}");
        }
    }

    /// <summary>What a command does not take although it can be read (<c>check_allowed</c>).</summary>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public static void CheckAllowed(IpSetHeader header, string text, SetCommand command)
    {
        string[] parts = Split(header.Type, text);
        bool takesSecondPrefix = header.Type.Fields.Length < 3 || header.Type.Fields[2] == SetField.Net;
        if (parts.Length == 3 && !takesSecondPrefix && Separator(parts[2], '/') >= 0)
        {
            string why = command == SetCommand.Add ? "can't resolve them" : "option list is empty";
            throw new IpSetException($"There are not allowed options (28) but {why}. It's a bug, please report the problem.", 1);
        }
        if (command != SetCommand.Test && header.Type.Name != "bitmap:ip,mac")
        {
            return;
        }
        string name = command == SetCommand.Test ? "test" : command == SetCommand.Add ? "add" : "del";
        string family = header.Type.Name == "bitmap:port" ? "unspec" : header.Family == IpFamily.IPv4 ? "inet" : "inet6";
        string where = $" is not allowed in command {name} with set type {header.Type.Name} and family {family}";
        SetField first = header.Type.Fields[0];
        bool takesRanges = header.Type.Name == "hash:ip";
        if (first == SetField.Ip && !takesRanges && Separator(parts[0], '/') >= 0)
        {
            throw new IpSetException("IP/CIDR range" + where, 1);
        }
        if (first is SetField.Ip or SetField.Net && !takesRanges && Separator(parts[0], '-') >= 0)
        {
            throw new IpSetException("FROM-TO IP range" + where, 1);
        }
        int port = header.Type.Fields.IndexOf(SetField.Port);
        if (port >= 0 && port < parts.Length && Separator(parts[port], '-') >= 0)
        {
            throw new IpSetException("FROM-TO port range" + where, 1);
        }
    }

    private static string Shown(IpSetHeader header, SetField field, string part, List<(SetKey Key, ulong Mac)> elements)
    {
        SetKey first = elements[0].Key;
        switch (field)
        {
            case SetField.Port when header.Type.IsBitmap:
                return first.Port.ToString(CultureInfo.InvariantCulture);
            case SetField.Port:
                return SetPortText.Format(first.Protocol, first.Port);
            case SetField.Ip or SetField.Net:
                int slash = Separator(part, '/'), dash = slash < 0 ? Separator(part, '-') : -1;
                int end = slash >= 0 ? slash : dash >= 0 ? dash : part.Length;
                string address = ParseAddress(header.Family, part[..end]).ToString();
                int whole = header.Family == IpFamily.IPv4 ? 32 : 128;
                return slash >= 0 && ReadLength(part[(slash + 1)..], whole) is var length && length != whole
                    ? string.Create(CultureInfo.InvariantCulture, $"{address}/{length}")
                    : dash >= 0 && header.Type.Name == "hash:ip" ? $"{address}-{ParseAddress(header.Family, part[(dash + 1)..])}"
                    : address;
            case SetField.Interface:
                return first.Interface ?? "";
            default:
                return part;
        }
    }

    /// <summary>Writes an Ethernet address with upper-case digits.</summary>
    public static string FormatMac(ulong mac) =>
        string.Join(':', Enumerable.Range(0, 6).Select(i => ((mac >> (40 - (8 * i))) & 255).ToString("X2", CultureInfo.InvariantCulture)));

    private static string FormatNet(NetAddress ip, byte prefix) => prefix == ip.ByteCount * 8
        ? ip.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{ip}/{prefix}");

    private static IEnumerable<(SetKey Key, ulong Mac)> Extend(
        IpSetHeader header, SetField field, bool second, string part, (SetKey Key, ulong Mac) element)
    {
        switch (field)
        {
            case SetField.Ip or SetField.Net:
                return ParseAddresses(header, field, part).Select(net => second
                    ? (element.Key with { Ip2 = net.Address, Prefix2 = (byte)net.Length }, element.Mac)
                    : (element.Key with { Ip = net.Address, Prefix = (byte)net.Length }, element.Mac));
            case SetField.Port:
                return SetPortText.Parse(header, part)
                    .Select(port => (element.Key with { Protocol = port.Protocol, Port = port.Port }, element.Mac));
            case SetField.Mac:
                return [(element.Key, ParseMac(part))];
            default:
                return [(WithInterface(element.Key, part), element.Mac)];
        }
    }

    private static SetKey WithInterface(SetKey key, string text)
    {
        bool physical = text.StartsWith("physdev:", StringComparison.Ordinal);
        string name = physical ? text["physdev:".Length..] : text;
        if (name.Length > InterfacePattern.MaxLength)
        {
            throw IpSetException.Syntax($"interface name '{name}' is longer than {InterfacePattern.MaxLength} characters");
        }
        return key with { Interface = name, IsPhysical = physical };
    }

    private static ulong ParseMac(string text)
    {
        string[] digits = text.Split(':');
        ulong mac = 0;
        foreach (string pair in digits)
        {
            if (digits.Length != 6 || pair.Length is 0 or > 2
                || !byte.TryParse(pair, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                throw IpSetException.Syntax($"cannot parse '{text}' as ethernet address");
            }
            mac = (mac << 8) | b;
        }
        return mac;
    }

    private static IEnumerable<NetPrefix> ParseAddresses(IpSetHeader header, SetField field, string text)
    {
        int whole = header.Family == IpFamily.IPv4 ? 32 : 128;
        int slash = Separator(text, '/'), dash = slash < 0 ? Separator(text, '-') : -1;
        if (dash >= 0)
        {
            NetAddress first = ParseAddress(header.Family, text[..dash]), last = ParseAddress(header.Family, text[(dash + 1)..]);
            return first.Family == IpFamily.IPv6 ? [new NetPrefix(first, 128)] : Range(header, field, first, last);
        }
        int length = slash < 0 ? whole : ReadLength(text[(slash + 1)..], whole);
        NetAddress address = ParseAddress(header.Family, slash < 0 ? text : text[..slash]);
        if (field == SetField.Net || length == 0)
        {
            return [length == 0 && field == SetField.Ip ? new NetPrefix(address, default(NetAddress)) : new NetPrefix(address, length)];
        }
        NetPrefix net = new(address, length);
        return length == whole || header.Family == IpFamily.IPv6
            ? [new NetPrefix(address, whole)]
            : Range(header, field, net.Address, new NetAddress(net.Address.IPv4Bits | ~net.Mask.IPv4Bits));
    }

    // The number is read as a byte first.
    private static int ReadLength(string text, int whole)
    {
        ParseNumber(text, 0, byte.MaxValue);
        return ParseNumber(text, 0, (uint)whole);
    }

    private static IEnumerable<NetPrefix> Range(IpSetHeader header, SetField field, NetAddress first, NetAddress last)
    {
        ulong from = Math.Min(first.IPv4Bits, last.IPv4Bits), to = Math.Max(first.IPv4Bits, last.IPv4Bits);
        ulong step = header.NetMask is >= 0 and < 32 ? 1UL << (32 - header.NetMask) : 1;
        while (from <= to)
        {
            int length = 32;
            while (field == SetField.Net && length > 1
                && (from & ((1UL << (33 - length)) - 1)) == 0 && from + (1UL << (33 - length)) - 1 <= to)
            {
                length--;
            }
            yield return new NetPrefix(new NetAddress((uint)from), length);
            from += field == SetField.Net ? 1UL << (32 - length) : step;
        }
    }

    /// <summary>Greatest timeout in seconds (<c>IPSET_MAX_TIMEOUT</c>).</summary>
    public const uint MaxTimeout = 2147483;

    /// <summary>Reads an address or host's name of a family; brackets may stand around it.</summary>
    public static NetAddress ParseAddress(IpFamily family, string text)
    {
        string bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        bool isOther = family == IpFamily.IPv4 && bare.AsSpan().ContainsAny(':', 'x', 'X') && (bare.Contains(':', StringComparison.Ordinal) || char.IsAsciiDigit(bare[0]));
        IReadOnlyList<NetAddress> found = isOther ? [] : NameParser.Resolve(bare, family, NameDatabase.Default);
        return found.Count > 0 ? found[0] : throw IpSetException.Syntax($"cannot parse {bare}: resolving to {family} address failed");
    }

    /// <summary>Reads a number in a range (<c>string_to_number_ll</c>).</summary>
    public static int ParseNumber(string text, uint min, uint max) => (int)ParseUnsigned(text, min, max);

    /// <summary>Reads a number of any base in a range (<c>string_to_number_ll</c>).</summary>
    public static ulong ParseUnsigned(string text, ulong min, ulong max)
    {
        string digits = text.TrimStart(' ', '\t', '\n', '\v', '\f', '\r');
        bool isNegative = digits.StartsWith('-');
        bool isInRange = CNumber.TryRead(isNegative ? digits[1..] : digits, out ulong number);
        if (!isInRange && !IsNumber(isNegative ? digits[1..] : digits))
        {
            throw IpSetException.Syntax($"'{text}' is invalid as number");
        }
        return isInRange && !isNegative && number >= min && number <= max
            ? number
            : throw IpSetException.Syntax(string.Create(CultureInfo.InvariantCulture, $"'{text}' is out of range {min}-{max}"));
    }

    // A number that is too big for 64 bits is one all the same.
    private static bool IsNumber(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan();
        digits = digits.StartsWith("+") ? digits[1..] : digits;
        bool isHex = digits.Length > 2 && digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex ? digits[2..].IndexOfAnyExcept(HexDigits) < 0
            : !digits.IsEmpty && digits.IndexOfAnyExceptInRange('0', digits[0] == '0' ? '7' : '9') < 0;
    }
}
