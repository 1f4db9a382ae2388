using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m dccp</c>: ports, packet types and options of a DCCP header (<c>net/netfilter/xt_dccp.c dccp_mt</c>).</summary>
/// <param name="SourcePorts">The source ports; null when not given.</param>
/// <param name="DestinationPorts">The destination ports; null when not given.</param>
/// <param name="Types">Bit i is packet type i; 0 when not given.</param>
/// <param name="Option">The kind of an option that must be there; 0 when not given.</param>
/// <param name="Inverted">Which conditions are turned round.</param>
public sealed record DccpMatch(
    PortRange? SourcePorts, PortRange? DestinationPorts, ushort Types, byte Option, DccpInversions Inverted) : Match
{
    private const int HeaderLength = 12;

    // All types from here on are invalid.
    private const int FirstInvalid = 10;
    private const ushort Invalid = 0xfc00;

    private static readonly string[] TypeNames =
    [
        "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID",
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "dccp",
        KernelBytes = 16,
        Summary = "Matches ports, packet types and options of a DCCP header.",
        Source = "net/netfilter/xt_dccp.c, extensions/libxt_dccp.c",
        RequiredProtocol = 33,
        Options =
        [
            new("source-port", OptionKind.PortRange)
            {
                Aliases = ["sport"], Invertible = true, ValueName = "port[:port]", Help = "Source port or ports.",
            },
            new("destination-port", OptionKind.PortRange)
            {
                Aliases = ["dport"], Invertible = true, ValueName = "port[:port]", Help = "Destination port or ports.",
            },
            new("dccp-types", OptionKind.Text)
            {
                Invertible = true, ValueName = "type[,type]", Help = "Packet types.", Parse = call => ReadTypes(call.Argument),
                Sample = source => TypeText((ushort)(source.Next(1023) + 1)),
            },
            new("dccp-option", OptionKind.UInt8)
            {
                Min = 1, Max = 255, Invertible = true, ValueName = "kind", Help = "An option of this kind is in the header.",
            },
        ],
        Build = Build,
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            return MatchResult.No(Condition.Fragment);
        }
        ReadOnlySpan<byte> header = packet.Transport;
        if (header.Length < HeaderLength)
        {
            return MatchResult.HotDrop(Condition.Truncated);
        }
        ushort source = (ushort)((header[0] << 8) | header[1]), destination = (ushort)((header[2] << 8) | header[3]);
        if (SourcePorts is { } sources && sources.Contains(source) == Has(DccpInversions.SourcePorts))
        {
            return MatchResult.No(Condition.SourcePort, source);
        }
        if (DestinationPorts is { } destinations && destinations.Contains(destination) == Has(DccpInversions.DestinationPorts))
        {
            return MatchResult.No(Condition.DestinationPort, destination);
        }
        int type = (header[8] >> 1) & 15;
        if (Types != 0 && ((Types >> type & 1) != 0) == Has(DccpInversions.Types))
        {
            return MatchResult.No(Condition.Type, (ulong)type);
        }
        return Option == 0 ? MatchResult.Yes : EvaluateOption(header, type);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.SourcePort => Invariant($"sport {result.Seen} is not {Sign(DccpInversions.SourcePorts)}{SourcePorts}"),
        Condition.DestinationPort => Invariant($"dport {result.Seen} is not {Sign(DccpInversions.DestinationPorts)}{DestinationPorts}"),
        Condition.Type => $"type {TypeText((ushort)(1 << (int)result.Seen))} is not {Sign(DccpInversions.Types)}{TypeText(Types)}",
        Condition.Option => Invariant($"option {Option} {(Has(DccpInversions.Option) ? "is" : "is not")} in the header"),
        Condition.Fragment => "a later fragment has no DCCP header",
        Condition.Truncated => "the DCCP header is cut short",
        _ => "ports, type and options fit",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (SourcePorts is { } sources)
        {
            writer.Option("sport", sources.ToString(), Has(DccpInversions.SourcePorts));
        }
        if (DestinationPorts is { } destinations)
        {
            writer.Option("dport", destinations.ToString(), Has(DccpInversions.DestinationPorts));
        }
        if (Types != 0)
        {
            writer.Option("dccp-types", TypeText(Types), Has(DccpInversions.Types));
        }
        if (Option != 0)
        {
            writer.Option("dccp-option", Option, Has(DccpInversions.Option));
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("dccp");
        if (SourcePorts is { } sources)
        {
            PortPrinter.List(writer, "spt", sources, Has(DccpInversions.SourcePorts), "dccp", context);
        }
        if (DestinationPorts is { } destinations)
        {
            PortPrinter.List(writer, "dpt", destinations, Has(DccpInversions.DestinationPorts), "dccp", context);
        }
        if (Types != 0)
        {
            writer.Raw(Has(DccpInversions.Types) ? " !" : "").Word(context.IsNumeric ? NumberText(Types) : TypeText(Types));
        }
        if (Option != 0)
        {
            writer.Word("option=").Raw(Sign(DccpInversions.Option)).Number(Option);
        }
    }

    // dccp_find_option
    private MatchResult EvaluateOption(ReadOnlySpan<byte> header, int type)
    {
        int begin = HeaderLength + ((header[8] & 1) != 0 ? 4 : 0) + SizeOfTypeHeader(type), end = header[4] * 4;
        if (end < begin || (end > begin && end > header.Length))
        {
            return MatchResult.HotDrop(Has(DccpInversions.Option), Condition.Truncated);
        }
        bool isThere = false;
        for (int i = begin; i < end && !isThere;)
        {
            isThere = header[i] == Option;
            bool isSingleByte = header[i] < 2 || i + 1 >= end || header[i + 1] == 0;
            i += isSingleByte ? 1 : header[i + 1];
        }
        return MatchResult.When(isThere != Has(DccpInversions.Option), Condition.Option);
    }

    // dccp_packet_hdr_len
    private static int SizeOfTypeHeader(int type) => type switch
    {
        2 => 0,
        0 => 4,
        3 or 4 or 5 or 6 or 8 or 9 => 8,
        _ => 12,
    };

    private static object ReadTypes(string text)
    {
        ushort types = 0;
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int type = Array.FindIndex(TypeNames, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
            ushort bits = type == FirstInvalid ? Invalid : (ushort)(1 << type);
            types |= type >= 0 ? bits : throw OptionCall.Error($"Unknown DCCP type `{name}'");
        }
        return types;
    }

    private static DccpMatch Build(OptionValues values) => new(
        Ports(values, "source-port"),
        Ports(values, "destination-port"),
        values.Get<ushort>("dccp-types", 0),
        (byte)values.Get("dccp-option", 0UL),
        (values.IsInverted("source-port") ? DccpInversions.SourcePorts : 0)
            | (values.IsInverted("destination-port") ? DccpInversions.DestinationPorts : 0)
            | (values.IsInverted("dccp-types") ? DccpInversions.Types : 0)
            | (values.IsInverted("dccp-option") ? DccpInversions.Option : 0));

    private static PortRange? Ports(OptionValues values, string option) => values.Has(option)
        ? new PortRange((ushort)values.Get<OptionRange>(option).Low, (ushort)values.Get<OptionRange>(option).High)
        : null;

    private static string TypeText(ushort types) => string.Join(',', TypeNames.Where((_, type) => (types >> type & 1) != 0));

    private static string NumberText(ushort types) => string.Join(
        ',', Enumerable.Range(0, 16).Where(type => (types >> type & 1) != 0));

    private bool Has(DccpInversions inversion) => (Inverted & inversion) != 0;

    private string Sign(DccpInversions inversion) => Has(inversion) ? "!" : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static class Condition
    {
        public const byte SourcePort = 1;
        public const byte DestinationPort = 2;
        public const byte Type = 3;
        public const byte Option = 4;
        public const byte Fragment = 5;
        public const byte Truncated = 6;
    }
}

/// <summary>Conditions of a <see cref="DccpMatch"/> that are turned round (<c>invflags</c>).</summary>
[Flags]
public enum DccpInversions : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>! --sport</c>.</summary>
    SourcePorts = 1,

    /// <summary><c>! --dport</c>.</summary>
    DestinationPorts = 2,

    /// <summary><c>! --dccp-types</c>.</summary>
    Types = 4,

    /// <summary><c>! --dccp-option</c>.</summary>
    Option = 8,
}
