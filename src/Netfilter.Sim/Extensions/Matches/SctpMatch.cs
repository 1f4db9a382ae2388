using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m sctp</c>: ports and chunks of SCTP (<c>net/netfilter/xt_sctp.c sctp_mt</c>, <c>struct xt_sctp_info</c>).</summary>
public sealed record SctpMatch : Match
{
    private static readonly string[] Modes = ["any", "all", "only"];

    private const byte SourcePort = 0, DestinationPort = 1, Header = 2, ChunkHeader = 3, ChunkType = 4;

    /// <summary><c>--sport</c>; null when not given, which is not the same as all ports.</summary>
    public PortRange? SourcePorts { get; init; }

    /// <summary><c>--dport</c>; null when not given, which is not the same as all ports.</summary>
    public PortRange? DestinationPorts { get; init; }

    /// <summary><c>! --sport</c>.</summary>
    public bool NotSourcePorts { get; init; }

    /// <summary><c>! --dport</c>.</summary>
    public bool NotDestinationPorts { get; init; }

    /// <summary><c>--chunk-types</c>; null when not given.</summary>
    public SctpChunks? Chunks { get; init; }

    /// <summary><c>! --chunk-types</c>.</summary>
    public bool NotChunks { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "sctp",
        KernelBytes = 296,
        Summary = "Matches the ports and chunks of an SCTP packet.",
        Source = "net/netfilter/xt_sctp.c, extensions/libxt_sctp.c",
        RequiredProtocol = IpProtocols.Sctp,
        Options =
        [
            PortOption("source-port", "sport", "Source port or ports."),
            PortOption("destination-port", "dport", "Destination port or ports."),
            new("chunk-types", OptionKind.Text)
            {
                Invertible = true, Repeatable = true, TakesTwoWords = true, ValueName = "any|all|only types", Parse = ParseChunks,
                Help = "Which chunks are in the packet, each with flags to be set (upper case) or not.",
                Sample = source => $"{Modes[source.Next(3)]} {SctpChunkNames.All[source.Next(SctpChunkNames.All.Length)].Name}",
            },
        ],
        Build = values => new SctpMatch
        {
            SourcePorts = values.Get<PortRange?>("source-port", null),
            DestinationPorts = values.Get<PortRange?>("destination-port", null),
            NotSourcePorts = values.IsInverted("source-port"),
            NotDestinationPorts = values.IsInverted("destination-port"),
            Chunks = values.Get<SctpChunks?>("chunk-types", null),
            NotChunks = values.IsInverted("chunk-types"),
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        SavePorts(writer, "sport", SourcePorts, NotSourcePorts);
        SavePorts(writer, "dport", DestinationPorts, NotDestinationPorts);
        if (Chunks is not null)
        {
            writer.Flag("chunk-types", NotChunks).Word(Modes[(int)Chunks.Mode]);
            SctpChunkNames.Write(writer.Raw(' '), Chunks, isNumeric: false);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("sctp");
        ListPorts(writer, "spt", SourcePorts, NotSourcePorts, context);
        ListPorts(writer, "dpt", DestinationPorts, NotDestinationPorts, context);
        if (Chunks is not null)
        {
            writer.Raw(NotChunks ? " !" : "").Word(Modes[(int)Chunks.Mode]);
            SctpChunkNames.Write(writer.Raw(' '), Chunks, context.IsNumeric);
        }
    }

    /// <inheritdoc/>
    public override bool IsPure => true;

    internal override int RequiredDestinationPort =>
        DestinationPorts is { } ports && ports.Low == ports.High && !NotDestinationPorts ? ports.Low : -1;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.FragmentOffset != 0)
        {
            return MatchResult.No(Header, 1);
        }
        ReadOnlySpan<byte> sctp = context.Packet.Transport;
        if (sctp.Length < 12)
        {
            return MatchResult.HotDrop(Header);
        }
        ushort source = BinaryPrimitives.ReadUInt16BigEndian(sctp);
        if (SourcePorts is { } sources && sources.Contains(source) == NotSourcePorts)
        {
            return MatchResult.No(SourcePort, source);
        }
        ushort destination = BinaryPrimitives.ReadUInt16BigEndian(sctp[2..]);
        if (DestinationPorts is { } destinations && destinations.Contains(destination) == NotDestinationPorts)
        {
            return MatchResult.No(DestinationPort, destination);
        }
        return Chunks is null ? MatchResult.Yes : MatchChunks(Chunks, context.Packet, context.Packet.TransportOffset + 12);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        SourcePort => Reason.Value("sport", result, SourcePorts, NotSourcePorts),
        DestinationPort => Reason.Value("dport", result, DestinationPorts, NotDestinationPorts),
        Header => result.Seen == 0 ? "the SCTP header is cut off" : "a later fragment has no ports",
        ChunkHeader => "a chunk's header is cut off",
        _ => "the chunks do " + ((result.Answer == MatchAnswer.Yes) != NotChunks ? "fit" : "not fit"),
    };

    // net/netfilter/xt_sctp.c match_packet.
    private MatchResult MatchChunks(SctpChunks chunks, PacketBuffer packet, int offset)
    {
        ReadOnlySpan<byte> bytes = packet.Span;
        SctpChunkTypes missing = chunks.Types;
        bool fits = chunks.Mode == SctpChunkMode.Only;
        do
        {
            // The length's high byte comes first on the wire; only 0 as a whole is refused.
            if (offset + 4 > bytes.Length || BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]) == 0)
            {
                return MatchResult.HotDrop(NotChunks, ChunkHeader);
            }
            (byte type, byte flags) = (bytes[offset], bytes[offset + 1]);
            offset += (BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]) + 3) & ~3;
            bool wanted = chunks.Types.Has(type) && chunks.FlagsFit(type, flags);
            switch (chunks.Mode)
            {
                case SctpChunkMode.Any when wanted:
                    return MatchResult.When(!NotChunks, ChunkType, type);
                case SctpChunkMode.All when wanted:
                    missing = missing.Without(type);
                    break;
                case SctpChunkMode.Only when !wanted:
                    return MatchResult.When(NotChunks, ChunkType, type);
            }
        }
        while (offset < bytes.Length);
        fits |= chunks.Mode == SctpChunkMode.All && missing.IsEmpty;
        return MatchResult.When(fits != NotChunks, ChunkType);
    }

    private static void SavePorts(OptionWriter writer, string name, PortRange? ports, bool isInverted)
    {
        if (ports is { } range)
        {
            writer.Option(name, range.ToString(), isInverted);
        }
    }

    private static void ListPorts(OptionWriter writer, string name, PortRange? ports, bool isInverted, in PrintContext context)
    {
        if (ports is { } range)
        {
            PortPrinter.List(writer, name, range, isInverted, "sctp", context);
        }
    }

    private static OptionSpec PortOption(string name, string alias, string help) => new(name, OptionKind.Text)
    {
        Aliases = [alias],
        Invertible = true,
        Repeatable = true,
        ValueName = "port[:port]",
        Parse = ParsePorts,
        Help = help,
        Sample = source => $"{source.Next(32768)}:{32768 + source.Next(32768)}",
    };

    private static object? ParsePorts(OptionCall call)
    {
        if (call.Values.Has(call.Option.Name))
        {
            throw OptionCall.Error($"Only one `--{call.Option.Name}' allowed");
        }
        return PortText.ParseRange(call.Argument, "sctp", call.Environment.Names);
    }

    private static object? ParseChunks(OptionCall call)
    {
        if (call.Values.Has("chunk-types"))
        {
            throw OptionCall.Error("Only one `--chunk-types' allowed");
        }
        if (call.Peek() is not { } types || types.StartsWith('-') || types == "!")
        {
            throw OptionCall.Error("--chunk-types requires two args");
        }
        int mode = Array.FindIndex(Modes, name => name.Equals(call.Argument, StringComparison.OrdinalIgnoreCase));
        if (mode < 0)
        {
            throw OptionCall.Error("Match type has to be one of \"ALL\", \"ANY\" or \"ONLY\"");
        }
        SctpChunks chunks = SctpChunkNames.Parse((SctpChunkMode)mode, types);
        call.Take();
        return chunks;
    }
}
