using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m frag</c>: fields of an IPv6 fragment header (<c>net/ipv6/netfilter/ip6t_frag.c frag_mt6</c>).</summary>
/// <param name="Ids">The identifications.</param>
/// <param name="IsInverted">Whether all other identifications are meant.</param>
/// <param name="Length"><c>--fraglen</c>: kept and printed, but the kernel never looks at it; null when not given.</param>
/// <param name="IsLengthInverted">Whether <c>!</c> stood before it.</param>
/// <param name="Flags">What else must hold.</param>
public sealed record FragMatch(SpiRange Ids, bool IsInverted, uint? Length, bool IsLengthInverted, FragFlags Flags) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "frag",
        KernelBytes = 16,
        Summary = "Matches fields of an IPv6 fragment header.",
        Source = "net/ipv6/netfilter/ip6t_frag.c, extensions/libip6t_frag.c",
        OnlyFamily = IpFamily.IPv6,
        Options =
        [
            new("fragid", OptionKind.UInt32Range) { Invertible = true, ValueName = "id[:id]", Help = "Identification or identifications." },
            new("fraglen", OptionKind.UInt32) { Invertible = true, ValueName = "length", Help = "Kept, but never looked at." },
            new("fragres") { Help = "The reserved fields are zero." },
            new("fragfirst") { Help = "The first fragment." },
            new("fragmore") { Excludes = ["fraglast"], Help = "More fragments follow." },
            new("fraglast") { Excludes = ["fragmore"], Help = "The last fragment." },
        ],
        Build = values => new FragMatch(
            SpiRange.From(values.Get("fragid", new OptionRange(0, uint.MaxValue, 2))),
            values.IsInverted("fragid"),
            values.Has("fraglen") ? (uint)values.Get<ulong>("fraglen") : null,
            values.IsInverted("fraglen"),
            (values.Has("fragres") ? FragFlags.Reserved : 0) | (values.Has("fragfirst") ? FragFlags.First : 0)
                | (values.Has("fragmore") ? FragFlags.More : 0) | (values.Has("fraglast") ? FragFlags.Last : 0)),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        switch (Ipv6HeaderChain.Find(ip, IpProtocols.Fragment, out int offset))
        {
            case Ipv6HeaderChain.Search.Absent:
                return MatchResult.No(Condition.Absent);
            case Ipv6HeaderChain.Search.Broken:
                return MatchResult.HotDrop(Condition.Truncated);
        }
        if (offset + 8 > ip.Length)
        {
            return MatchResult.HotDrop(Condition.Truncated);
        }
        ReadOnlySpan<byte> header = ip[offset..];
        uint id = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        ushort field = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        if (Ids.Contains(id) == IsInverted)
        {
            return MatchResult.No(Condition.Id, id);
        }
        if (Has(FragFlags.Reserved) && (header[1] != 0 || (field & 6) != 0))
        {
            return MatchResult.No(Condition.Reserved);
        }
        if (Has(FragFlags.First) && (field & 0xfff8) != 0)
        {
            return MatchResult.No(Condition.First, (ulong)(field & 0xfff8));
        }
        bool hasMore = (field & 1) != 0;
        return MatchResult.When(
            !(Has(FragFlags.More) && !hasMore) && !(Has(FragFlags.Last) && hasMore), Condition.More, hasMore ? 1u : 0);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.Absent => "there is no fragment header",
        Condition.Truncated => "the header chain is cut short",
        Condition.Id => Invariant($"id {result.Seen} is not {(IsInverted ? "!" : "")}{Ids}"),
        Condition.Reserved => "reserved fields are not zero",
        Condition.First => Invariant($"offset {result.Seen} is not that of a first fragment"),
        _ => result.Seen == 1 ? "more fragments follow" : "no more fragments follow",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        Ids.Save(writer, "fragid", IsInverted);
        if (Length is { } length)
        {
            writer.Option("fraglen", length, IsLengthInverted);
        }
        WriteFlag(writer, FragFlags.Reserved, "--fragres");
        WriteFlag(writer, FragFlags.First, "--fragfirst");
        WriteFlag(writer, FragFlags.More, "--fragmore");
        WriteFlag(writer, FragFlags.Last, "--fraglast");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("frag ");
        Ids.List(writer, "id", IsInverted);
        if (Length is { } length)
        {
            writer.Word("length:").Raw(IsLengthInverted ? "!" : "").Number(length);
        }
        WriteFlag(writer, FragFlags.Reserved, "reserved");
        WriteFlag(writer, FragFlags.First, "first");
        WriteFlag(writer, FragFlags.More, "more");
        WriteFlag(writer, FragFlags.Last, "last");
    }

    private void WriteFlag(OptionWriter writer, FragFlags flag, string text)
    {
        if (Has(flag))
        {
            writer.Word(text);
        }
    }

    private bool Has(FragFlags flag) => (Flags & flag) != 0;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static class Condition
    {
        public const byte Id = 1;
        public const byte Reserved = 2;
        public const byte First = 3;
        public const byte More = 4;
        public const byte Absent = 5;
        public const byte Truncated = 6;
    }
}

/// <summary>Conditions of a <see cref="FragMatch"/> (<c>IP6T_FRAG_*</c>).</summary>
[Flags]
public enum FragFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>--fragres</c>.</summary>
    Reserved = 1,

    /// <summary><c>--fragfirst</c>.</summary>
    First = 2,

    /// <summary><c>--fragmore</c>.</summary>
    More = 4,

    /// <summary><c>--fraglast</c>.</summary>
    Last = 8,
}
