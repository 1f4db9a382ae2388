using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j HMARK</c>: marks a packet with a hash of its addresses and ports, the same in both directions
/// (<c>net/netfilter/xt_HMARK.c hmark_tg_v4, hmark_tg_v6</c>). What is null was not given.
/// </summary>
public sealed record HmarkTarget : ExtensionTarget
{
    private const int IcmpHeader = 8;

    private static readonly string[] Types = ["ct", "src", "dst", "sport", "dport", "proto", "spi"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "HMARK",
        KernelBytes = 64,
        Summary = "Marks packets with a hash of their addresses and ports.",
        Source = "net/netfilter/xt_HMARK.c, extensions/libxt_HMARK.c",
        Options =
        [
            new("hmark-tuple", OptionKind.Text)
            {
                ValueName = "src,dst,sport,dport,spi,proto,ct", Help = "What is hashed.", Parse = ReadTuple,
            },
            new("hmark-src-prefix", OptionKind.PrefixMask) { ValueName = "length", Help = "Length of the source's prefix." },
            new("hmark-dst-prefix", OptionKind.PrefixMask) { ValueName = "length", Help = "Length of the destination's prefix." },
            new("hmark-sport-mask", OptionKind.UInt16) { ValueName = "mask", Help = "Bits of the source port." },
            new("hmark-dport-mask", OptionKind.UInt16) { ValueName = "mask", Help = "Bits of the destination port." },
            new("hmark-spi-mask", OptionKind.UInt32) { ValueName = "mask", Help = "Bits of the security parameter index." },
            new("hmark-sport", OptionKind.UInt16) { ValueName = "port", Help = "Bits set in the source port." },
            new("hmark-dport", OptionKind.UInt16) { ValueName = "port", Help = "Bits set in the destination port." },
            new("hmark-spi", OptionKind.UInt32) { ValueName = "spi", Help = "Bits set in the security parameter index." },
            new("hmark-proto-mask", OptionKind.UInt16) { ValueName = "mask", Help = "Bits of the protocol." },
            new("hmark-rnd", OptionKind.UInt32) { ValueName = "number", Help = "Seed of the hash." },
            new("hmark-mod", OptionKind.UInt32) { Min = 1, ValueName = "number", Help = "How many marks there are." },
            new("hmark-offset", OptionKind.UInt32) { ValueName = "number", Help = "The least mark." },
        ],
        FinalCheck = FinalCheck,
        Build = Build,
        Sample = source =>
            ["--hmark-tuple", "src,dst,proto", "--hmark-mod", $"{1 + source.Next(99)}", "--hmark-rnd", $"{source.Next(int.MaxValue)}"],
    };

    /// <summary>Whether the connection's tuples are hashed, not the packet.</summary>
    public bool UsesConnection { get; init; }

    /// <summary>Bits of the source that are hashed.</summary>
    public NetAddress? SourceMask { get; init; }

    /// <summary>Bits of the destination that are hashed.</summary>
    public NetAddress? DestinationMask { get; init; }

    /// <summary>Bits of the source port that are hashed.</summary>
    public ushort? SourcePortMask { get; init; }

    /// <summary>Bits of the destination port that are hashed.</summary>
    public ushort? DestinationPortMask { get; init; }

    /// <summary>Bits of the security parameter index that are hashed.</summary>
    public uint? SpiMask { get; init; }

    /// <summary>Bits that are set in the source port.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>Bits that are set in the destination port.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>Bits that are set in the security parameter index.</summary>
    public uint? Spi { get; init; }

    /// <summary>Bits of the protocol that are hashed.</summary>
    public ushort? ProtocolMask { get; init; }

    /// <summary>Seed of the hash.</summary>
    public required uint Seed { get; init; }

    /// <summary>How many marks there are.</summary>
    public required uint Modulus { get; init; }

    /// <summary>The least mark.</summary>
    public uint? Offset { get; init; }

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    private uint PortMask => SpiMask ?? (((uint)(SourcePortMask ?? 0) << 16) | (DestinationPortMask ?? 0u));

    private uint PortSet => Spi ?? (((uint)(SourcePort ?? 0) << 16) | (DestinationPort ?? 0u));

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        bool clashes = (SpiMask is not null && (SourcePortMask is not null || DestinationPortMask is not null))
            || (Spi is not null && (SourcePort is not null || DestinationPort is not null));
        return Modulus == 0 || clashes ? KernelErrno.Invalid : KernelErrno.None;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        bool isKnown = UsesConnection
            ? TryReadConnection(packet, context.Walk.Conntrack, out Tuple tuple)
            : TryReadPacket(packet.Span, packet.Family, out tuple);
        if (isKnown)
        {
            packet.Mark = HashOf(tuple);
        }
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        WriteLength(writer, " --hmark-src-prefix ", SourceMask);
        WriteLength(writer, " --hmark-dst-prefix ", DestinationMask);
        WriteHex(writer, " --hmark-sport-mask ", SourcePortMask, 4);
        WriteHex(writer, " --hmark-dport-mask ", DestinationPortMask, 4);
        WriteHex(writer, " --hmark-spi-mask ", SpiMask, 8);
        WriteHex(writer, " --hmark-sport ", SourcePort, 4);
        WriteHex(writer, " --hmark-dport ", DestinationPort, 4);
        WriteHex(writer, " --hmark-spi ", Spi, 8);
        WriteHex(writer, " --hmark-proto-mask ", ProtocolMask, 2);
        WriteHex(writer, " --hmark-rnd ", Seed, 8);
        writer.Option("hmark-mod", Modulus);
        if (Offset is { } offset)
        {
            writer.Option("hmark-offset", offset);
        }
        writer.Raw(UsesConnection ? " --hmark-tuple ct" : "");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("HMARK mod ").Number(Modulus);
        WriteHex(writer, " + ", Offset, 1);
        writer.Raw(UsesConnection ? " ct," : "");
        ListLength(writer, " src-prefix ", SourceMask);
        ListLength(writer, " dst-prefix ", DestinationMask);
        WriteHex(writer, " sport-mask ", SourcePortMask, 1);
        WriteHex(writer, " dport-mask ", DestinationPortMask, 1);
        WriteHex(writer, " spi-mask ", SpiMask, 1);
        WriteHex(writer, " sport ", SourcePort, 1);
        WriteHex(writer, " dport ", DestinationPort, 1);
        WriteHex(writer, " spi ", Spi, 1);
        WriteHex(writer, " proto-mask ", ProtocolMask, 1);
        WriteHex(writer, " rnd ", Seed, 1);
        writer.Raw(' ');
    }

    // hmark_hash: neither the direction nor the byte order of the machine matters.
    private uint HashOf(in Tuple tuple)
    {
        uint hash = JenkinsHash.Hash3(
            Math.Min(tuple.Source, tuple.Destination), Math.Max(tuple.Source, tuple.Destination), tuple.Ports, Seed);
        hash ^= (uint)(tuple.Protocol & (ProtocolMask ?? 0));
        return unchecked((uint)(((ulong)hash * Modulus) >> 32) + (Offset ?? 0));
    }

    private uint Sorted(uint ports)
    {
        ports = (ports & PortMask) | PortSet;
        uint first = ports >> 16, second = ports & 0xffff;
        return (Math.Max(first, second) << 16) | Math.Min(first, second);
    }

    private static uint Folded(UInt128 address, NetAddress? mask)
    {
        UInt128 masked = address & (mask?.Bits ?? 0);
        return (uint)masked ^ (uint)(masked >> 32) ^ (uint)(masked >> 64) ^ (uint)(masked >> 96);
    }

    private bool TryReadConnection(PacketBuffer packet, ConnectionTracker tracker, out Tuple tuple)
    {
        tuple = default;
        if (packet.Connection < 0)
        {
            return false;
        }
        ConnectionTuple original = tracker.Original(packet.Connection), reply = tracker.Reply(packet.Connection);
        tuple = new Tuple(
            Folded(original.Source.Bits, SourceMask),
            Folded(reply.Source.Bits, DestinationMask),
            original.Protocol == IpProtocols.Icmp ? 0 : Sorted(((uint)original.SourcePort << 16) | reply.SourcePort),
            original.Protocol);
        return true;
    }

    // hmark_pkt_set_htuple_ipv4, hmark_pkt_set_htuple_ipv6: of ICMP errors the quoted packet is hashed.
    private bool TryReadPacket(ReadOnlySpan<byte> ip, IpFamily family, out Tuple tuple)
    {
        tuple = default;
        Headers headers = Headers.Of(ip, family);
        if (headers.Transport < 0)
        {
            return true;
        }
        if (!headers.IsFragment && IsIcmpError(ip, headers, family))
        {
            ip = ip[(headers.Transport + IcmpHeader)..];
            headers = Headers.Of(ip, family);
            if (headers.Transport < 0)
            {
                return false;
            }
        }
        (UInt128 source, UInt128 destination) = family == IpFamily.IPv4
            ? ((UInt128)BinaryPrimitives.ReadUInt32BigEndian(ip[12..]), (UInt128)BinaryPrimitives.ReadUInt32BigEndian(ip[16..]))
            : (BinaryPrimitives.ReadUInt128BigEndian(ip[8..]), BinaryPrimitives.ReadUInt128BigEndian(ip[24..]));
        uint ports = headers.IsFragment ? 0 : PortsOf(ip[Math.Min(headers.Transport, ip.Length)..], headers.Protocol);
        tuple = new Tuple(Folded(source, SourceMask), Folded(destination, DestinationMask), ports, headers.Protocol);
        return true;
    }

    private static bool IsIcmpError(ReadOnlySpan<byte> ip, in Headers headers, IpFamily family)
    {
        if (ip.Length < headers.Transport + IcmpHeader)
        {
            return false;
        }
        byte type = ip[headers.Transport];
        return family == IpFamily.IPv4
            ? headers.Protocol == IpProtocols.Icmp && type is 3 or 4 or 5 or 11 or 12
            : headers.Protocol == IpProtocols.IcmpV6 && type is > 0 and < 128;
    }

    // hmark_set_tuple_ports, proto_ports_offset: ports, or the security parameter index.
    private uint PortsOf(ReadOnlySpan<byte> transport, byte protocol)
    {
        int offset = protocol == IpProtocols.Ah ? 4 : protocol == IpProtocols.Esp || TransportHeader.HasPorts(protocol) ? 0 : -1;
        return offset < 0 || transport.Length < offset + 4 ? 0 : Sorted(BinaryPrimitives.ReadUInt32BigEndian(transport[offset..]));
    }

    private static void WriteLength(OptionWriter writer, string name, NetAddress? mask)
    {
        if (mask is { } bits)
        {
            writer.Raw(name).Number((ulong)new NetPrefix(bits, bits).Length);
        }
    }

    // Of the full IPv6 mask the listing shows nothing but the name.
    private static void ListLength(OptionWriter writer, string name, NetAddress? mask)
    {
        if (mask is { Family: IpFamily.IPv6 } bits && bits.Bits == UInt128.MaxValue)
        {
            writer.Raw(name);
            return;
        }
        WriteLength(writer, name, mask);
    }

    private static void WriteHex(OptionWriter writer, string name, uint? value, int digits)
    {
        if (value is { } number)
        {
            writer.Raw(name).Hex(number, digits);
        }
    }

    // hmark_parse_type: beginnings of names will do.
    private static object? ReadTuple(OptionCall call)
    {
        string rest = call.Argument;
        while (rest.Length > 0)
        {
            int comma = rest.IndexOf(',');
            string word = comma < 0 ? rest : rest[..comma];
            string? type = word.Length == 0 ? null
                : Array.Find(Types, known => known.StartsWith(word, StringComparison.OrdinalIgnoreCase));
            if (type is null)
            {
                throw OptionCall.Error($"Bad type \"{rest}\"");
            }
            Choose(type, call.Values);
            if (comma < 0)
            {
                return call.Argument;
            }
            rest = rest[(comma + 1)..];
        }
        throw OptionCall.Error("\"--hmark-tuple\" requires a list of types with no spaces, e.g. src,dst,sport,dport,proto");
    }

    private static void Choose(string type, OptionValues values)
    {
        HostMask full = new(default, new NetAddress(values.Family, UInt128.MaxValue));
        (string option, object value) = type switch
        {
            "src" => ("hmark-src-prefix", (object)full),
            "dst" => ("hmark-dst-prefix", full),
            "sport" => ("hmark-sport-mask", (ulong)ushort.MaxValue),
            "dport" => ("hmark-dport-mask", (ulong)ushort.MaxValue),
            "spi" => ("hmark-spi-mask", (ulong)uint.MaxValue),
            "proto" => ("hmark-proto-mask", (ulong)ushort.MaxValue),
            _ => ("ct", true),
        };
        values.Set(option, value);
    }

    private static void FinalCheck(OptionValues values)
    {
        if (!values.Has("hmark-mod"))
        {
            throw OptionCall.Error("--hmark-mod is mandatory");
        }
        if (!values.Has("hmark-rnd"))
        {
            throw OptionCall.Error("--hmark-rnd is mandatory");
        }
        if (values.Has("hmark-spi-mask") && values.HasAny("hmark-sport-mask", "hmark-dport-mask"))
        {
            throw OptionCall.Error("you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time");
        }
        int others = values.Count - (values.Has("hmark-offset") ? 3 : 2);
        if (others == 0)
        {
            throw OptionCall.Error("you have to specify --hmark-tuple at least");
        }
    }

    private static HmarkTarget Build(OptionValues values)
    {
        return new HmarkTarget
        {
            UsesConnection = values.Has("ct"),
            SourceMask = Mask("hmark-src-prefix"),
            DestinationMask = Mask("hmark-dst-prefix"),
            SourcePortMask = (ushort?)Number("hmark-sport-mask"),
            DestinationPortMask = (ushort?)Number("hmark-dport-mask"),
            SpiMask = Number("hmark-spi-mask"),
            SourcePort = (ushort?)Number("hmark-sport"),
            DestinationPort = (ushort?)Number("hmark-dport"),
            Spi = Number("hmark-spi"),
            ProtocolMask = (ushort?)Number("hmark-proto-mask"),
            Seed = Number("hmark-rnd") ?? 0,
            Modulus = Number("hmark-mod") ?? 0,
            Offset = Number("hmark-offset"),
        };

        NetAddress? Mask(string name) => values.Has(name) ? values.Get<HostMask>(name).Mask : (NetAddress?)null;

        uint? Number(string name) => values.Has(name) ? (uint)values.Get<ulong>(name) : null;
    }

    /// <summary>Where the transport header is; −1 when the network headers are cut off. IPv6's authentication header counts as one.</summary>
    private readonly record struct Headers(int Transport, byte Protocol, bool IsFragment)
    {
        public static Headers Of(ReadOnlySpan<byte> ip, IpFamily family)
        {
            if (ip.Length < (family == IpFamily.IPv4 ? 20 : 40))
            {
                return new Headers(-1, 0, false);
            }
            PacketLayout layout = PacketParser.Parse(ip);
            bool isFragment = layout.FragmentOffset != 0 || layout.MoreFragments || layout.FragmentHeaderOffset != 0;
            if (family == IpFamily.IPv6
                && Ipv6HeaderChain.Find(ip, IpProtocols.Ah, out int offset) == Ipv6HeaderChain.Search.Found)
            {
                return new Headers(offset, IpProtocols.Ah, isFragment);
            }
            bool isWhole = family == IpFamily.IPv4 || layout.HasTransport;
            return new Headers(isWhole ? layout.TransportOffset : -1, layout.Protocol, isFragment);
        }
    }

    /// <summary>What is hashed (<c>struct hmark_tuple</c>).</summary>
    private readonly record struct Tuple(uint Source, uint Destination, uint Ports, byte Protocol);
}
