using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m srh</c>: fields of an IPv6 segment routing header (<c>net/ipv6/netfilter/ip6t_srh.c srh1_mt6</c>).</summary>
/// <param name="Tests">Which fields are looked at.</param>
/// <param name="Inverted">Which of the tests are turned round.</param>
public sealed record SrhMatch(SrhTests Tests, SrhTests Inverted) : Match
{
    private const byte SegmentRouting = 4;
    private const int HeaderLength = 8;

    private static readonly (SrhTests Test, string Option)[] Numbers =
    [
        (SrhTests.NextHeader, "next-hdr"),
        (SrhTests.LengthEqual, "hdr-len-eq"), (SrhTests.LengthGreater, "hdr-len-gt"), (SrhTests.LengthLess, "hdr-len-lt"),
        (SrhTests.SegmentsEqual, "segs-left-eq"), (SrhTests.SegmentsGreater, "segs-left-gt"),
        (SrhTests.SegmentsLess, "segs-left-lt"),
        (SrhTests.LastEqual, "last-entry-eq"), (SrhTests.LastGreater, "last-entry-gt"), (SrhTests.LastLess, "last-entry-lt"),
        (SrhTests.Tag, "tag"),
    ];

    private static readonly (SrhTests Test, string Option)[] Segments =
        [(SrhTests.Previous, "psid"), (SrhTests.Next, "nsid"), (SrhTests.Last, "lsid")];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "srh",
        KernelBytes = 112,
        Summary = "Matches fields of an IPv6 segment routing header.",
        Source = "net/ipv6/netfilter/ip6t_srh.c, extensions/libip6t_srh.c",
        OnlyFamily = IpFamily.IPv6,
        Revision = 1,
        Options =
        [
            .. Numbers.Select(number => new OptionSpec(
                "srh-" + number.Option, number.Test == SrhTests.Tag ? OptionKind.UInt16 : OptionKind.UInt8)
            {
                Invertible = true, Help = $"Compares the field {number.Option}.",
            }),
            .. Segments.Select(segment => new OptionSpec("srh-" + segment.Option, OptionKind.HostMask)
            {
                Invertible = true, ValueName = "address[/length]", Help = $"Compares the segment {segment.Option}.",
            }),
        ],
        Build = Build,
    };

    /// <summary>The number of the next header.</summary>
    public byte NextHeader { get; init; }

    /// <summary>The length field to compare with; one number for all three comparisons, as the kernel keeps it.</summary>
    public byte LengthField { get; init; }

    /// <summary>The number of segments left to compare with.</summary>
    public byte SegmentsLeft { get; init; }

    /// <summary>The index of the last entry to compare with.</summary>
    public byte LastEntry { get; init; }

    /// <summary>The tag, compared without regard to byte order, as the kernel does it.</summary>
    public ushort Tag { get; init; }

    /// <summary>The previous segment.</summary>
    public HostMask Previous { get; init; }

    /// <summary>The next segment.</summary>
    public HostMask Next { get; init; }

    /// <summary>The last segment.</summary>
    public HostMask Last { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        if (Ipv6HeaderChain.Find(ip, IpProtocols.Routing, out int offset) != Ipv6HeaderChain.Search.Found
            || ip.Length - offset < HeaderLength)
        {
            return MatchResult.No(Condition.Absent);
        }
        ReadOnlySpan<byte> header = ip[offset..];
        bool isWhole = header.Length >= (header[1] + 1) * 8 && header[2] == SegmentRouting && header[3] <= header[4];
        if (!isWhole)
        {
            return MatchResult.No(Condition.Absent);
        }
        for (int i = 0; i < Numbers.Length; i++)
        {
            if (Asks(Numbers[i].Test) && Compare(header, Numbers[i].Test) == Inverts(Numbers[i].Test))
            {
                return MatchResult.No((byte)(Condition.Fields + i));
            }
        }
        return EvaluateSegments(header);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.Absent => "there is no segment routing header",
        Condition.Segment => "a segment does not fit",
        0 => "the segment routing header fits",
        _ => $"the field {Numbers[result.Condition - Condition.Fields].Option} does not fit",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        foreach ((SrhTests test, string option) in Numbers.Where(number => Asks(number.Test)))
        {
            writer.Option("srh-" + option, NumberOf(test), Inverts(test));
        }
        foreach ((SrhTests test, string option) in Segments.Where(segment => Asks(segment.Test)))
        {
            writer.Option("srh-" + option, TextOf(SegmentOf(test)), Inverts(test));
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("srh");
        foreach ((SrhTests test, string option) in Numbers.Where(number => Asks(number.Test)))
        {
            writer.Word(option).Raw(':').Raw(Inverts(test) ? "!" : "").Number(NumberOf(test));
        }
        foreach ((SrhTests test, string option) in Segments.Where(segment => Asks(segment.Test)))
        {
            writer.Word(option).Raw(Inverts(test) ? " ! " : "  ").Raw(TextOf(SegmentOf(test)));
        }
    }

    private bool Compare(ReadOnlySpan<byte> header, SrhTests test) => test switch
    {
        SrhTests.NextHeader => header[0] == NextHeader,
        SrhTests.LengthEqual => header[1] == LengthField,
        SrhTests.LengthGreater => header[1] > LengthField,
        SrhTests.LengthLess => header[1] < LengthField,
        SrhTests.SegmentsEqual => header[3] == SegmentsLeft,
        SrhTests.SegmentsGreater => header[3] > SegmentsLeft,
        SrhTests.SegmentsLess => header[3] < SegmentsLeft,
        SrhTests.LastEqual => header[4] == LastEntry,
        SrhTests.LastGreater => header[4] > LastEntry,
        SrhTests.LastLess => header[4] < LastEntry,
        _ => BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) == Tag,
    };

    private MatchResult EvaluateSegments(ReadOnlySpan<byte> header)
    {
        bool fits = (!Asks(SrhTests.Previous)
                || (header[3] != header[4] && Fits(header, header[3] + 1, Previous, SrhTests.Previous)))
            && (!Asks(SrhTests.Next) || (header[3] != 0 && Fits(header, header[3] - 1, Next, SrhTests.Next)))
            && (!Asks(SrhTests.Last) || Fits(header, 0, Last, SrhTests.Last));
        return fits ? MatchResult.Yes : MatchResult.No(Condition.Segment);
    }

    private bool Fits(ReadOnlySpan<byte> header, int index, HostMask segment, SrhTests test)
    {
        int at = HeaderLength + (16 * index);
        if (at + 16 > header.Length)
        {
            return false;
        }
        UInt128 seen = BinaryPrimitives.ReadUInt128BigEndian(header[at..]);
        return (((seen ^ segment.Address.Bits) & segment.Mask.Bits) == 0) != Inverts(test);
    }

    private bool Asks(SrhTests test) => (Tests & test) != 0;

    private bool Inverts(SrhTests test) => (Inverted & test) != 0;

    private ulong NumberOf(SrhTests test) => test switch
    {
        SrhTests.NextHeader => NextHeader,
        SrhTests.LengthEqual or SrhTests.LengthGreater or SrhTests.LengthLess => LengthField,
        SrhTests.SegmentsEqual or SrhTests.SegmentsGreater or SrhTests.SegmentsLess => SegmentsLeft,
        SrhTests.LastEqual or SrhTests.LastGreater or SrhTests.LastLess => LastEntry,
        _ => Tag,
    };

    private HostMask SegmentOf(SrhTests test) => test switch
    {
        SrhTests.Previous => Previous,
        SrhTests.Next => Next,
        _ => Last,
    };

    private static string TextOf(HostMask segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{segment.Address}/{new NetPrefix(segment.Mask, segment.Mask).Length}");

    private static SrhMatch Build(OptionValues values)
    {
        SrhTests tests = SrhTests.None, inverted = SrhTests.None;
        foreach ((SrhTests test, string option) in Numbers.Concat(Segments))
        {
            tests |= values.Has("srh-" + option) ? test : 0;
            inverted |= values.IsInverted("srh-" + option) ? test : 0;
        }
        return new SrhMatch(tests, inverted)
        {
            NextHeader = (byte)values.Get("srh-next-hdr", 0UL),
            LengthField = Newest(values, "srh-hdr-len-"),
            SegmentsLeft = Newest(values, "srh-segs-left-"),
            LastEntry = Newest(values, "srh-last-entry-"),
            Tag = (ushort)values.Get("srh-tag", 0UL),
            Previous = values.Get<HostMask>("srh-psid", default),
            Next = values.Get<HostMask>("srh-nsid", default),
            Last = values.Get<HostMask>("srh-lsid", default),
        };
    }

    // The three comparisons of a field share one number: the last one written counts.
    private static byte Newest(OptionValues values, string prefix) => (byte)values.LastOf<ulong>(prefix, 0);

    private static class Condition
    {
        public const byte Absent = 1;
        public const byte Segment = 2;
        public const byte Fields = 3;
    }
}

/// <summary>Tests of an <see cref="SrhMatch"/> (<c>IP6T_SRH_*</c>).</summary>
[Flags]
public enum SrhTests : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The next header's number.</summary>
    NextHeader = 1,

    /// <summary>The length field is equal.</summary>
    LengthEqual = 2,

    /// <summary>The length field is greater.</summary>
    LengthGreater = 4,

    /// <summary>The length field is less.</summary>
    LengthLess = 8,

    /// <summary>The number of segments left is equal.</summary>
    SegmentsEqual = 16,

    /// <summary>The number of segments left is greater.</summary>
    SegmentsGreater = 32,

    /// <summary>The number of segments left is less.</summary>
    SegmentsLess = 64,

    /// <summary>The last entry is equal.</summary>
    LastEqual = 128,

    /// <summary>The last entry is greater.</summary>
    LastGreater = 256,

    /// <summary>The last entry is less.</summary>
    LastLess = 512,

    /// <summary>The tag.</summary>
    Tag = 1024,

    /// <summary>The previous segment.</summary>
    Previous = 2048,

    /// <summary>The next segment.</summary>
    Next = 4096,

    /// <summary>The last segment.</summary>
    Last = 8192,
}
