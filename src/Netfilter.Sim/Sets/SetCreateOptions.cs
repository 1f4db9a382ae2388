using System.Globalization;
using System.Numerics;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Sets;

/// <summary>The options of <c>ipset create</c>, and the header that shows them.</summary>
internal ref struct SetCreateOptions(IpSetType type, string name, ref bool exist)
{
    private readonly ref bool _exist = ref exist;
    private IpSetHeader _header = new(name, type);
    private bool _hasRange;

    /// <summary>Reads the words after the type.</summary>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public IpSetHeader Read(List<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            i += ReadOne(words, i);
        }
        if (_header.Type.IsBitmap && !_hasRange)
        {
            throw IpSetException.Usage("Mandatory option `range' is missing");
        }
        int shift = _header.NetMask >= 0 ? 32 - _header.NetMask : 0;
        return ((ulong)_header.RangeLast - _header.RangeFirst + 1) >> shift <= 65536 || !_header.Type.IsBitmap
            ? _header
            : throw new IpSetException("The range you specified exceeds the size limit of the set type", 1);
    }

    /// <summary>The header as the tool shows it; the number of buckets' secret start value is left out.</summary>
    public static string Format(IpSetHeader header)
    {
        List<string> parts = [];
        if (header.Type.IsBitmap)
        {
            parts.Add(header.Type.Name == "bitmap:port"
                ? string.Create(CultureInfo.InvariantCulture, $"range {header.RangeFirst}-{header.RangeLast}")
                : $"range {new NetAddress(header.RangeFirst)}-{new NetAddress(header.RangeLast)}");
        }
        else if (header.Type.IsList)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"size {header.ListSize}"));
        }
        else
        {
            string family = header.Family == IpFamily.IPv4 ? "inet" : "inet6";
            parts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"family {family} hashsize {header.HashSize} maxelem {header.MaxElements}"));
        }
        if (header.NetMask >= 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"netmask {header.NetMask}"));
        }
        if (header.TimeoutSeconds is uint timeout)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"timeout {timeout}"));
        }
        if (header.HasCounters)
        {
            parts.Add("counters");
        }
        if (header.HasComments)
        {
            parts.Add("comment");
        }
        if (header.HasSkbInfo)
        {
            parts.Add("skbinfo");
        }
        return string.Join(' ', parts);
    }

    private int ReadOne(List<string> words, int i)
    {
        string option = words[i];
        bool hash = !_header.Type.IsBitmap && !_header.Type.IsList;
        switch (option)
        {
            case "counters":
                _header = _header with { HasCounters = true };
                return 0;
            case "comment":
                _header = _header with { HasComments = true };
                return 0;
            case "skbinfo":
                _header = _header with { HasSkbInfo = true };
                return 0;
            case "forceadd" when hash:
                _header = _header with { ForceAdd = true };
                return 0;
            case "-exist" or "-!":
                _exist = true;
                return 0;
        }
        string value = i + 1 < words.Count
            ? words[i + 1]
            : throw IpSetException.Usage(IsKnown(option, hash) ? $"Missing value for option `{option}'" : $"Unknown argument: `{option}'");
        switch (option)
        {
            case "timeout":
                _header = _header with { TimeoutSeconds = (uint)SetElementText.ParseUnsigned(value, 0, 2147483) };
                return 1;
            case "family" when hash:
                _header = _header with { Family = ParseFamily(value) };
                return 1;
            case "hashsize" when hash:
                uint size = (uint)SetElementText.ParseUnsigned(value, 0, uint.MaxValue);
                _header = _header with { HashSize = Math.Max(64, BitOperations.RoundUpToPowerOf2(size)) };
                return 1;
            case "maxelem" when hash:
                _header = _header with { MaxElements = (uint)SetElementText.ParseUnsigned(value, 0, uint.MaxValue) };
                return 1;
            case "netmask" when _header.Type.Name is "hash:ip" or "bitmap:ip":
                _header = _header with { NetMask = SetElementText.ParseNumber(value, 1, _header.Family == IpFamily.IPv4 ? 32u : 128) };
                return 1;
            case "size" when _header.Type.IsList:
                _header = _header with { ListSize = (uint)SetElementText.ParseUnsigned(value, 0, uint.MaxValue) };
                return 1;
            case "range" when _header.Type.IsBitmap:
                ReadRange(value);
                return 1;
            default:
                throw IpSetException.Usage($"Unknown argument: `{option}'");
        }
    }

    private readonly bool IsKnown(string option, bool hash) => option == "timeout"
        || (hash && option is "family" or "hashsize" or "maxelem" or "netmask")
        || (_header.Type.IsList && option == "size") || (_header.Type.IsBitmap && option == "range");

    private static IpFamily ParseFamily(string text) => text switch
    {
        "inet" or "-4" => IpFamily.IPv4,
        "inet6" or "-6" => IpFamily.IPv6,
        _ => throw IpSetException.Syntax($"unknown inet family {text}"),
    };

    private void ReadRange(string text)
    {
        _hasRange = true;
        int dash = text.IndexOf('-', StringComparison.Ordinal), slash = text.IndexOf('/', StringComparison.Ordinal);
        uint first, last;
        if (_header.Type.Name == "bitmap:port")
        {
            first = SetPortText.Parse(_header, dash < 0 ? text : text[..dash]).First().Port;
            last = dash < 0 ? first : SetPortText.Parse(_header, text[(dash + 1)..]).First().Port;
        }
        else if (slash >= 0)
        {
            NetPrefix net = new(SetElementText.ParseAddress(IpFamily.IPv4, text[..slash]), SetElementText.ParseNumber(text[(slash + 1)..], 0, 32));
            (first, last) = (net.Address.IPv4Bits, net.Address.IPv4Bits | ~net.Mask.IPv4Bits);
        }
        else
        {
            first = SetElementText.ParseAddress(IpFamily.IPv4, dash < 0 ? text : text[..dash]).IPv4Bits;
            last = dash < 0 ? first : SetElementText.ParseAddress(IpFamily.IPv4, text[(dash + 1)..]).IPv4Bits;
        }
        (first, last) = (Math.Min(first, last), Math.Max(first, last));
        _header = _header with { RangeFirst = first, RangeLast = last };
    }
}
