using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Sets;

/// <summary>Elements as the tool reads and writes them (<c>ipset/lib/parse.c</c>, <c>print.c</c>).</summary>
internal static class SetElementText
{
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
    /// <exception cref="IpSetException">The text is not an element of such a set, in the tool's words.</exception>
    public static List<(SetKey Key, ulong Mac)> Parse(IpSetHeader header, string text)
    {
        string[] parts = text.Split(',');
        int dimension = header.Type.Dimension;
        bool macOptional = header.Type.Name == "bitmap:ip,mac";
        if (parts.Length > dimension)
        {
            throw IpSetException.Syntax(dimension == 1
                ? $"Elem separator in {text}, but settype {header.Type.Name} supports none."
                : $"Two elem separators in {text}, but settype {header.Type.Name} supports one.");
        }
        if (parts.Length < dimension && !(macOptional && parts.Length == 1))
        {
            throw IpSetException.Syntax(parts.Length == 1
                ? $"Second element is missing from {text}."
                : $"Third element is missing from {text}.");
        }
        List<(SetKey Key, ulong Mac)> elements = [(default, 0)];
        int addresses = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            SetField field = header.Type.Fields[i];
            bool second = field is SetField.Ip or SetField.Net && addresses++ > 0;
            elements = [.. elements.SelectMany(element => Extend(header, field, second, parts[i], element))];
        }
        return elements;
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
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            NetAddress first = ParseAddress(header.Family, text[..dash]), last = ParseAddress(header.Family, text[(dash + 1)..]);
            return first.Family == IpFamily.IPv6 ? [new NetPrefix(first, 128)] : Range(header, field, first, last);
        }
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        NetAddress address = ParseAddress(header.Family, slash < 0 ? text : text[..slash]);
        int length = slash < 0 ? whole : ParseNumber(text[(slash + 1)..], 0, (uint)whole);
        if (field == SetField.Net)
        {
            if (length == 0 && header.Type.Name != "hash:net,iface")
            {
                throw new IpSetException(SetError.InvalidCidr);
            }
            return [new NetPrefix(address, length)];
        }
        NetPrefix net = new(address, length);
        return length == whole || header.Family == IpFamily.IPv6
            ? [new NetPrefix(address, whole)]
            : Range(header, field, net.Address, new NetAddress(net.Address.IPv4Bits | ~net.Mask.IPv4Bits));
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

    /// <summary>Reads an address of a family.</summary>
    public static NetAddress ParseAddress(IpFamily family, string text) =>
        NetAddress.TryParse(text, out NetAddress address) && address.Family == family
            ? address
            : throw IpSetException.Syntax($"cannot parse {text}: resolving to {family} address failed");

    /// <summary>Reads a number in a range (<c>string_to_number_ll</c>).</summary>
    public static int ParseNumber(string text, uint min, uint max) => (int)ParseUnsigned(text, min, max);

    /// <summary>Reads a number in a range (<c>string_to_number_ll</c>).</summary>
    public static ulong ParseUnsigned(string text, ulong min, ulong max)
    {
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool ok = hex
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (!ok)
        {
            throw IpSetException.Syntax($"'{text}' is invalid as number");
        }
        return number >= min && number <= max
            ? number
            : throw IpSetException.Syntax($"'{text}' is out of range {min}-{max}");
    }
}
