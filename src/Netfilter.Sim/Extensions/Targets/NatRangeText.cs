using Netfilter.Sim.Addressing;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>Reads and prints what the nat targets translate to (<c>extensions/libxt_NAT.c</c>).</summary>
internal static class NatRangeText
{
    /// <summary>Reads <c>[address[-address]][:port[-port[/base]]]</c>, IPv6 addresses in brackets when ports follow (<c>parse_to</c>).</summary>
    public static NatRange ParseTo(OptionCall call)
    {
        IpFamily family = call.Rule.Family;
        string text = call.Argument;
        int open = text.IndexOf('[');
        int first = open + 1, end = text.Length, colon;
        if (open < 0)
        {
            // One colon stands before ports; several are an IPv6 address.
            colon = text.IndexOf(':');
            colon = colon >= 0 && text.IndexOf(':', colon + 1) >= 0 ? -1 : colon;
        }
        else
        {
            int close = text.IndexOf(']', first);
            if (close < 0 || family == IpFamily.IPv4)
            {
                throw OptionCall.Error("Invalid address format");
            }
            end = close;
            colon = text.IndexOf(':', close + 1);
        }
        NatRange range = new(NatRangeFlags.None, new NetAddress(family, 0), new NetAddress(family, 0));
        if (colon >= 0)
        {
            range = ParsePorts(text[(colon + 1)..], range, call);
            end = Math.Min(end, colon);
        }
        string addresses = text[first..end];
        if (addresses.Length == 0 && colon >= 0)
        {
            return range;
        }
        int dash = addresses.IndexOf('-');
        NetAddress low = Address(dash < 0 ? addresses : addresses[..dash], family);
        NetAddress high = dash < 0 ? low : Address(addresses[(dash + 1)..], family);
        return range with { Flags = range.Flags | NatRangeFlags.MapAddresses, MinAddress = low, MaxAddress = high };
    }

    /// <summary>Reads <c>port[-port]</c> of REDIRECT and MASQUERADE.</summary>
    public static NatRange ParseToPorts(OptionCall call)
    {
        NetAddress none = new(call.Rule.Family, 0);
        return ParsePorts(call.Argument, new NatRange(NatRangeFlags.None, none, none), call);
    }

    /// <summary>Refuses a base of ports at the end of the command line, as REDIRECT and MASQUERADE do.</summary>
    public static void RefuseShift(OptionValues values)
    {
        if (values.Get("to-ports", default(NatRange)).Has(NatRangeFlags.ProtocolOffset))
        {
            throw OptionCall.Error("Shifted portmap ranges not supported with this kernel");
        }
    }

    /// <summary>Adds what the flags <c>--random</c>, <c>--random-fully</c> and <c>--persistent</c> say.</summary>
    public static NatRange WithFlags(OptionValues values, NatRange range) => range with
    {
        Flags = range.Flags
            | (values.Has("random") ? NatRangeFlags.ProtocolRandom : 0)
            | (values.Has("random-fully") ? NatRangeFlags.ProtocolRandomFully : 0)
            | (values.Has("persistent") ? NatRangeFlags.Persistent : 0),
    };

    /// <summary>The range as <c>--to-…</c> takes it (<c>sprint_range</c>).</summary>
    public static void WriteRange(OptionWriter writer, in NatRange range)
    {
        bool hasPorts = range.Has(NatRangeFlags.ProtocolSpecified);
        if (range.Has(NatRangeFlags.MapAddresses))
        {
            bool isBracketed = hasPorts && range.MinAddress.Family == IpFamily.IPv6;
            writer.Raw(isBracketed ? "[" : "").Raw(range.MinAddress.ToString());
            if (range.MaxAddress != range.MinAddress)
            {
                writer.Raw('-').Raw(range.MaxAddress.ToString());
            }
            writer.Raw(isBracketed ? "]" : "");
        }
        if (hasPorts)
        {
            writer.Raw(':');
            WritePorts(writer, range);
        }
    }

    /// <summary>The ports as <c>--to-ports</c> takes them.</summary>
    public static void WritePorts(OptionWriter writer, in NatRange range)
    {
        writer.Number(range.MinPort);
        if (range.MaxPort != range.MinPort)
        {
            writer.Raw('-').Number(range.MaxPort);
        }
        if (range.Has(NatRangeFlags.ProtocolOffset))
        {
            writer.Raw('/').Number(range.BasePort);
        }
    }

    /// <summary>The flags, each after <paramref name="before"/>.</summary>
    public static void WriteFlags(OptionWriter writer, in NatRange range, string before)
    {
        if (range.Has(NatRangeFlags.ProtocolRandom))
        {
            writer.Raw(before).Raw("random");
        }
        if (range.Has(NatRangeFlags.ProtocolRandomFully))
        {
            writer.Raw(before).Raw("random-fully");
        }
        if (range.Has(NatRangeFlags.Persistent))
        {
            writer.Raw(before).Raw("persistent");
        }
    }

    private static NatRange ParsePorts(string text, NatRange range, OptionCall call)
    {
        if (!HasPorts(call.Rule.Protocol))
        {
            throw OptionCall.Error("Need TCP, UDP, SCTP or DCCP with port specification");
        }
        NameDatabase names = call.Environment.Names;
        string end = "";
        ushort port;
        if (CNumber.TryReadPrefix(text, out int used, out ulong number, 0, ushort.MaxValue))
        {
            (port, end) = ((ushort)number, text[used..]);
        }
        else
        {
            port = (ushort?)names.FindService(text, null) ?? throw OptionCall.Error($"Port `{text}' not valid");
        }
        range = range with { Flags = range.Flags | NatRangeFlags.ProtocolSpecified, MinPort = port, MaxPort = port };
        if (end.Length == 0)
        {
            return range;
        }
        return end[0] switch
        {
            '-' => ParseLastPort(end[1..], range, names),
            ':' => throw OptionCall.Error("Invalid port:port syntax - use dash"),
            _ => throw OptionCall.Error($"Garbage after port value: `{end}'"),
        };
    }

    private static NatRange ParseLastPort(string text, NatRange range, NameDatabase names)
    {
        if (!CNumber.TryReadPrefix(text, out int used, out ulong last, 0, ushort.MaxValue))
        {
            throw OptionCall.Error($"Port `{text}' not valid");
        }
        if (last < range.MinPort)
        {
            throw OptionCall.Error($"Port range `{text}' funky");
        }
        range = range with { MaxPort = (ushort)last };
        string end = text[used..];
        if (end.Length == 0)
        {
            return range;
        }
        if (end[0] != '/')
        {
            throw OptionCall.Error($"Garbage after port range: `{end}'");
        }
        string shift = end[1..];
        ushort basePort = CNumber.TryRead(shift, out ulong number, 1, ushort.MaxValue)
            ? (ushort)number
            : (ushort?)names.FindService(shift, null) ?? throw OptionCall.Error($"Port `{shift}' not valid");
        return range with { Flags = range.Flags | NatRangeFlags.ProtocolOffset, BasePort = basePort };
    }

    /// <summary>Whether the tool takes ports with a protocol.</summary>
    public static bool HasPorts(ushort protocol) => protocol is IpProtocols.Tcp or IpProtocols.Udp
        or IpProtocols.Sctp or IpProtocols.Dccp or IpProtocols.Icmp;

    private static NetAddress Address(string text, IpFamily family) =>
        NetAddress.TryParse(text, out NetAddress address) && address.Family == family
            ? address
            : throw OptionCall.Error($"Bad IP address \"{text}\"");
}
