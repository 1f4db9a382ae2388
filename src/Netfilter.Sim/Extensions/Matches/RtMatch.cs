using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m rt</c>: fields of an IPv6 routing header (<c>net/ipv6/netfilter/ip6t_rt.c rt_mt6</c>).</summary>
/// <param name="Type">The type; null when not given.</param>
/// <param name="SegmentsLeft">How many segments are left.</param>
/// <param name="Length">Length of the header in bytes; null when not given.</param>
/// <param name="Flags">What else must hold, and what is inverted.</param>
/// <param name="Addresses">Addresses of a type 0 header, in order.</param>
public sealed record RtMatch(
    uint? Type, SpiRange SegmentsLeft, uint? Length, RtFlags Flags, EquatableArray<NetAddress> Addresses) : Match
{
    private const int MostAddresses = 16;
    private const int AddressesOffset = 8;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "rt",
        KernelBytes = 280,
        Summary = "Matches fields of an IPv6 routing header.",
        Source = "net/ipv6/netfilter/ip6t_rt.c, extensions/libip6t_rt.c",
        OnlyFamily = IpFamily.IPv6,
        Options =
        [
            new("rt-type", OptionKind.UInt32) { Invertible = true, ValueName = "type", Help = "Type of the header." },
            new("rt-segsleft", OptionKind.UInt32Range) { Invertible = true, ValueName = "n[:n]", Help = "How many segments are left." },
            new("rt-len", OptionKind.UInt32) { Invertible = true, ValueName = "length", Help = "Length of the header in bytes." },
            new("rt-0-res") { Help = "The reserved field of type 0 is zero.", Parse = call => Type0Before(call) },
            new("rt-0-addrs", OptionKind.Text)
            {
                ValueName = "address[,address]", Help = "Addresses of a type 0 header.", Parse = ReadAddresses,
            },
            new("rt-0-not-strict") { Help = "The addresses may be some of the header's.", Parse = NotStrict },
        ],
        Build = Build,
        Sample = source => source.Next(2) == 0
            ? ["--rt-type", $"{source.Next(256)}", "--rt-segsleft", $"{source.Next(9)}:{9 + source.Next(9)}"]
            : ["--rt-type", "0", "--rt-0-res", "--rt-0-addrs", $"2001:db8::{source.Next(65536):x}", "--rt-0-not-strict"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        switch (Ipv6HeaderChain.Find(ip, IpProtocols.Routing, out int offset))
        {
            case Ipv6HeaderChain.Search.Absent:
                return MatchResult.No(Condition.Absent);
            case Ipv6HeaderChain.Search.Broken:
                return MatchResult.HotDrop(Condition.Truncated);
        }
        if (offset + 4 > ip.Length)
        {
            return MatchResult.HotDrop(Condition.Truncated);
        }
        int length = Ipv6HeaderChain.LengthOf(IpProtocols.Routing, ip[offset + 1]);
        if (ip.Length - offset < length)
        {
            return MatchResult.No(Condition.Truncated);
        }
        ReadOnlySpan<byte> header = ip.Slice(offset, length);
        if (SegmentsLeft.Contains(header[3]) == Has(RtFlags.NotSegmentsLeft))
        {
            return MatchResult.No(Condition.SegmentsLeft, header[3]);
        }
        if (Length is { } wanted && (wanted == length) == Has(RtFlags.NotLength))
        {
            return MatchResult.No(Condition.Length, (ulong)length);
        }
        if (Type is { } type && (type == header[2]) == Has(RtFlags.NotType))
        {
            return MatchResult.No(Condition.Type, header[2]);
        }
        if (Has(RtFlags.Reserved) && header.Slice(4, 4).ContainsAnyExcept((byte)0))
        {
            return MatchResult.No(Condition.Reserved);
        }
        return MatchResult.When(Addresses.Length == 0 || HasAddresses(header), Condition.Addresses);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.Absent => "there is no routing header",
        Condition.Truncated => "the routing header is cut short",
        Condition.SegmentsLeft => Invariant($"{result.Seen} segments left are not {(Has(RtFlags.NotSegmentsLeft) ? "!" : "")}{SegmentsLeft}"),
        Condition.Length => Invariant($"length {result.Seen} is not {(Has(RtFlags.NotLength) ? "!" : "")}{Length}"),
        Condition.Type => Invariant($"type {result.Seen} is not {(Has(RtFlags.NotType) ? "!" : "")}{Type}"),
        Condition.Reserved => "the reserved field is not zero",
        _ => $"its addresses {(result.Answer == MatchAnswer.Yes ? "fit" : "do not fit")}",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Type is { } type)
        {
            writer.Option("rt-type", type, Has(RtFlags.NotType));
        }
        SegmentsLeft.Save(writer, "rt-segsleft", Has(RtFlags.NotSegmentsLeft));
        if (Length is { } length)
        {
            writer.Option("rt-len", length, Has(RtFlags.NotLength));
        }
        if (Has(RtFlags.Reserved))
        {
            writer.Flag("rt-0-res");
        }
        if (Addresses.Length > 0)
        {
            writer.Option("rt-0-addrs", string.Join(',', Addresses));
        }
        if (Has(RtFlags.NotStrict))
        {
            writer.Flag("rt-0-not-strict");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("rt");
        if (Type is { } type)
        {
            writer.Word("type:").Raw(Has(RtFlags.NotType) ? "!" : "").Number(type);
        }
        if (!SegmentsLeft.IsAll || Has(RtFlags.NotSegmentsLeft))
        {
            SegmentsLeft.List(writer.Raw(' '), "segsleft", Has(RtFlags.NotSegmentsLeft));
        }
        if (Length is { } length)
        {
            writer.Word("length:").Raw(Has(RtFlags.NotLength) ? "!" : "").Number(length);
        }
        if (Has(RtFlags.Reserved))
        {
            writer.Word("reserved");
        }
        if (Addresses.Length > 0)
        {
            writer.Word("0-addrs ").Raw(string.Join(',', Addresses));
        }
        if (Has(RtFlags.NotStrict))
        {
            writer.Word("0-not-strict");
        }
    }

    private bool HasAddresses(ReadOnlySpan<byte> header)
    {
        int count = (header.Length - AddressesOffset) / 16, fitting = 0;
        if (Addresses.Length > count)
        {
            return false;
        }
        for (int i = 0; i < count && fitting < Addresses.Length; i++)
        {
            bool isEqual = NetAddress.FromBytes(header.Slice(AddressesOffset + (16 * i), 16)) == Addresses[fitting];
            if (isEqual)
            {
                fitting++;
            }
            else if (!Has(RtFlags.NotStrict))
            {
                return false;
            }
        }
        return fitting == Addresses.Length && (Has(RtFlags.NotStrict) || count == fitting);
    }

    private static object? Type0Before(OptionCall call)
    {
        bool isType0 = call.Values.Has("rt-type") && call.Values.Get<ulong>("rt-type") == 0 && !call.Values.IsInverted("rt-type");
        return isType0 ? call.Value : throw OptionCall.Error($"`--rt-type 0' required before `--{call.Option.Name}'");
    }

    private static object? NotStrict(OptionCall call) => call.Values.Has("rt-0-addrs")
        ? call.Value
        : throw OptionCall.Error("`--rt-0-addr ...' required before `--rt-0-not-strict'");

    private static object? ReadAddresses(OptionCall call)
    {
        Type0Before(call);
        ImmutableArray<NetAddress>.Builder addresses = ImmutableArray.CreateBuilder<NetAddress>();
        foreach (string text in call.Argument.Split(','))
        {
            if (addresses.Count == MostAddresses)
            {
                throw OptionCall.Error("too many addresses specified");
            }
            bool isAddress = NetAddress.TryParse(text, out NetAddress address) && address.Family == IpFamily.IPv6;
            addresses.Add(isAddress ? address : throw OptionCall.Error($"bad address: {text}"));
        }
        return new EquatableArray<NetAddress>(addresses.ToImmutable());
    }

    private static RtMatch Build(OptionValues values) => new(
        values.Has("rt-type") ? (uint)values.Get<ulong>("rt-type") : null,
        SpiRange.From(values.Get("rt-segsleft", new OptionRange(0, uint.MaxValue, 2))),
        values.Has("rt-len") ? (uint)values.Get<ulong>("rt-len") : null,
        (values.IsInverted("rt-type") ? RtFlags.NotType : 0)
            | (values.IsInverted("rt-segsleft") ? RtFlags.NotSegmentsLeft : 0)
            | (values.IsInverted("rt-len") ? RtFlags.NotLength : 0)
            | (values.Has("rt-0-res") ? RtFlags.Reserved : 0)
            | (values.Has("rt-0-not-strict") ? RtFlags.NotStrict : 0),
        values.Get<EquatableArray<NetAddress>>("rt-0-addrs", default));

    private bool Has(RtFlags flag) => (Flags & flag) != 0;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static class Condition
    {
        public const byte Type = 1;
        public const byte SegmentsLeft = 2;
        public const byte Length = 3;
        public const byte Reserved = 4;
        public const byte Addresses = 5;
        public const byte Absent = 6;
        public const byte Truncated = 7;
    }
}

/// <summary>Conditions and inversions of an <see cref="RtMatch"/> (<c>IP6T_RT_*</c>).</summary>
[Flags]
public enum RtFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>! --rt-type</c>.</summary>
    NotType = 1,

    /// <summary><c>! --rt-segsleft</c>.</summary>
    NotSegmentsLeft = 2,

    /// <summary><c>! --rt-len</c>.</summary>
    NotLength = 4,

    /// <summary><c>--rt-0-res</c>.</summary>
    Reserved = 8,

    /// <summary><c>--rt-0-not-strict</c>.</summary>
    NotStrict = 16,
}
