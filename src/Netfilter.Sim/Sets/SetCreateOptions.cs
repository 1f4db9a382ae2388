using System.Globalization;
using System.Numerics;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Sets;

/// <summary>The options of <c>ipset create</c>, and the header that shows them.</summary>
internal sealed class SetCreateOptions
{
    private const ulong MostElements = 65536;
    private const uint MostBuckets = 1u << 31;

    private readonly List<string> _seen = [];
    private IpSetHeader _header;
    private bool _isNet, _hasFamily, _isAnyFamily;

    private SetCreateOptions(IpSetHeader header) => _header = header;

    /// <summary>Reads the words after the type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="name">The set's name.</param>
    /// <param name="words">The words.</param>
    /// <param name="warnings">Takes what the tool says besides.</param>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public static IpSetHeader Read(IpSetType type, string name, IReadOnlyList<string> words, out string warnings)
    {
        SetCreateOptions options = new(new IpSetHeader(name, type));
        List<(SetKeyword Keyword, string Value)> found = [];
        foreach ((SetKeyword keyword, string value) in SetKeywords.Read(words, SetKeywords.OfCreate(type)))
        {
            options.TakeFamily(keyword.Name, value);
            found.Add((keyword, value));
        }
        List<string> old = [];
        foreach ((SetKeyword keyword, string value) in found)
        {
            if (keyword.IsIgnored)
            {
                string option = keyword.Name == "network" ? "from" : keyword.Name;
                old.Add($"Option '--{option} {value}' is ignored. Please upgrade your syntax.\n");
            }
            else
            {
                options.Take(keyword.Name, value);
            }
        }
        warnings = old.Count == 0 ? "" : "Warning: " + string.Concat(old);
        if (options._isAnyFamily)
        {
            throw new IpSetException("Protocol family not supported by the set type", 1);
        }
        options.CheckRange();
        return options._header;
    }

    /// <summary>The header as the tool shows it.</summary>
    public static string Format(IpSetHeader header)
    {
        List<string> parts = [];
        if (header.Type.IsBitmap)
        {
            parts.Add(header.Type.Name == "bitmap:port"
                ? Invariant($"range {header.RangeFirst}-{header.RangeLast}")
                : $"range {new NetAddress(header.RangeFirst)}-{new NetAddress(header.RangeLast)}");
        }
        else if (header.Type.IsList)
        {
            parts.Add(Invariant($"size {header.ListSize}"));
        }
        else
        {
            string family = header.Family == IpFamily.IPv4 ? "inet" : "inet6";
            parts.Add(Invariant($"family {family} hashsize {header.HashSize} maxelem {header.MaxElements}"));
        }
        bool isBehind = header.Type.Name == "hash:ip,port";
        AddMasks(!isBehind);
        Add(header.TimeoutSeconds is not null, $"timeout {header.TimeoutSeconds}");
        Add(header.HasCounters, $"counters");
        Add(header.HasComments, $"comment");
        Add(header.HasSkbInfo, $"skbinfo");
        Add(header.Type.IsHash, $"bucketsize {header.BucketSize} initval 0x{header.InitialValue:x8}");
        AddMasks(isBehind);
        return string.Join(' ', parts);

        void AddMasks(bool isHere)
        {
            bool isWhole = header.NetMask == (header.Family == IpFamily.IPv4 ? 32 : 128);
            Add(isHere && header.NetMask >= 0 && !isWhole, $"netmask {header.NetMask}");
            Add(isHere && header.BitMask is not null, $"bitmask {header.BitMask}");
        }

        void Add(bool isShown, FormattableString text)
        {
            if (isShown)
            {
                parts.Add(text.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // The family is read before everything else, since addresses depend on it.
    private void TakeFamily(string option, string value)
    {
        if (option is not ("family" or "-4" or "-6"))
        {
            return;
        }
        if (_hasFamily)
        {
            throw IpSetException.Syntax($"{option} already specified");
        }
        _hasFamily = true;
        _isAnyFamily = value is "any" or "unspec";
        _header = _header with
        {
            Family = (option == "family" ? value : option) switch
            {
                "inet" or "ipv4" or "-4" => IpFamily.IPv4,
                "inet6" or "ipv6" or "-6" => IpFamily.IPv6,
                "any" or "unspec" => IpFamily.IPv4,
                _ => throw IpSetException.Syntax($"unknown inet family {value}"),
            },
        };
    }

    private void Once(string option)
    {
        if (_seen.Contains(option))
        {
            throw IpSetException.Syntax($"{option} already specified");
        }
        _seen.Add(option);
    }

    private void Take(string option, string value)
    {
        switch (option)
        {
            case "range" or "network" or "from" or "to":
                ReadRange(option, value);
                return;
            case "netmask" or "bitmask":
                ReadMask(option, value);
                return;
            case "family" or "-4" or "-6":
                return;
        }
        _header = option switch
        {
            "counters" => _header with { HasCounters = true },
            "comment" => _header with { HasComments = true },
            "skbinfo" => _header with { HasSkbInfo = true },
            "forceadd" => _header with { ForceAdd = true },
            "timeout" => _header with { TimeoutSeconds = Number(SetElementText.MaxTimeout) },
            "hashsize" => _header with { HashSize = Buckets(Number(uint.MaxValue)) },
            "maxelem" => _header with { MaxElements = Number(uint.MaxValue) },
            "bucketsize" => _header with { BucketSize = (byte)Math.Clamp((Number(byte.MaxValue) + 1) & ~1u, 2, 12) },
            "initval" => _header with { InitialValue = Number(uint.MaxValue) },
            _ => _header with { ListSize = Math.Max(4, Number(uint.MaxValue)) },
        };
        if (option is not ("counters" or "comment" or "skbinfo" or "forceadd"))
        {
            Once(option);
        }

        uint Number(uint max) => (uint)SetElementText.ParseUnsigned(value, 0, max);
    }

    // A power of two; what is too much stays, for the kernel to refuse.
    private static uint Buckets(uint asked) =>
        asked > MostBuckets ? uint.MaxValue : Math.Max(64, BitOperations.RoundUpToPowerOf2(asked));

    private void ReadMask(string option, string value)
    {
        if (option == "netmask")
        {
            uint width = _header.Family == IpFamily.IPv4 ? 32u : 128;
            try
            {
                _header = _header with { NetMask = SetElementText.ParseNumber(value, 1, width) };
            }
            catch (IpSetException bad)
            {
                string line = Invariant($"Syntax error: netmask is out of the inclusive range of 1-{width}");
                throw new IpSetException($"{bad.Message}\n{line}", 1) { InRestore = line };
            }
        }
        else
        {
            try
            {
                _header = _header with { BitMask = SetElementText.ParseAddress(_header.Family, value) };
            }
            catch (IpSetException bad)
            {
                string line = $"Syntax error: bitmask is not valid for family = {(_header.Family == IpFamily.IPv4 ? "inet" : "inet6")}";
                throw new IpSetException($"{bad.Message}\n{line}", 1) { InRestore = line };
            }
        }
        Once(option);
        if (_header.BitMask?.Bits == 0)
        {
            throw new IpSetException("The value of the netmask parameter is invalid", 1);
        }
        if (_header.NetMask >= 0 && _header.BitMask is not null)
        {
            throw IpSetException.Syntax("bitmask and netmask are mutually exclusive, provide only one");
        }
    }

    private void ReadRange(string option, string text)
    {
        bool isPort = _header.Type.Name == "bitmap:port";
        if (option is "from" or "to")
        {
            uint one = isPort ? Port(text) : SetElementText.ParseAddress(IpFamily.IPv4, text).IPv4Bits;
            Bound(option, one);
            return;
        }
        int dash = SetElementText.Separator(text, '-'), slash = SetElementText.Separator(text, '/');
        if (isPort)
        {
            Bound("from", Port(dash < 0 ? text : text[..dash]));
            if (dash >= 0)
            {
                Bound("to", Port(text[(dash + 1)..]));
            }
        }
        else if (slash >= 0)
        {
            NetPrefix net = new(SetElementText.ParseAddress(IpFamily.IPv4, text[..slash]), SetElementText.ParseNumber(text[(slash + 1)..], 0, 32));
            _isNet = true;
            Bound("from", net.Address.IPv4Bits);
            Bound("to", net.Address.IPv4Bits | ~net.Mask.IPv4Bits);
        }
        else
        {
            if (dash < 0)
            {
                throw IpSetException.Syntax($"IP/cidr or IP-IP range must be specified: {text}");
            }
            Bound("from", SetElementText.ParseAddress(IpFamily.IPv4, text[..dash]).IPv4Bits);
            Bound("to", SetElementText.ParseAddress(IpFamily.IPv4, text[(dash + 1)..]).IPv4Bits);
        }
    }

    private uint Port(string text) => SetPortText.Parse(_header, text).First().Port;

    private void Bound(string which, uint value)
    {
        Once(which);
        _header = which == "from" ? _header with { RangeFirst = value } : _header with { RangeLast = value };
    }

    // The tool asks for both ends; the kernel's types check the rest (bitmap_ip_create, bitmap_ipmac_create, bitmap_port_create).
    private void CheckRange()
    {
        if (!_header.Type.IsBitmap)
        {
            return;
        }
        if (!_seen.Contains("to") || !_seen.Contains("from"))
        {
            throw IpSetException.Usage(_seen.Contains("from") ? "Mandatory option `to' is missing" : "Mandatory option `range' is missing");
        }
        if (_isNet && _header.RangeFirst == _header.RangeLast)
        {
            throw new IpSetException(SetError.InvalidCidr);
        }
        (uint first, uint last) = (Math.Min(_header.RangeFirst, _header.RangeLast), Math.Max(_header.RangeFirst, _header.RangeLast));
        ulong elements = (ulong)last - first + 1;
        if (_header.NetMask is >= 0 and < 32)
        {
            uint mask = uint.MaxValue << (32 - _header.NetMask);
            (first, last) = (first & mask, last | ~mask);
            int common = CommonBits(first, last);
            if (common <= 0 || _header.NetMask <= common)
            {
                throw new IpSetException(SetError.OutOfRange);
            }
            elements = 1UL << (_header.NetMask - common);
        }
        _header = _header with { RangeFirst = first, RangeLast = last };
        if (elements > MostElements)
        {
            throw new IpSetException("The range you specified exceeds the size limit of the set type", 1);
        }
    }

    // range_to_mask: how many bits the last address has to be cut to, to be the first; 0 when it never is.
    private static int CommonBits(uint first, uint last)
    {
        int bits = 31;
        for (uint mask = 0xfffffffe; bits > 0 && (last & mask) != first; mask <<= 1)
        {
            bits--;
        }
        return bits;
    }
}
