using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m tcp</c>: ports, flags and options of a TCP header (<c>net/netfilter/xt_tcpudp.c tcp_mt</c>).
/// </summary>
/// <param name="SourcePorts">The source ports.</param>
/// <param name="DestinationPorts">The destination ports.</param>
/// <param name="FlagMask">The flags looked at, as in the header's 14th byte.</param>
/// <param name="FlagCompare">Which of them are set.</param>
/// <param name="Kind">The kind of a TCP option that must be there; 0 for any header.</param>
/// <param name="Inverted">Which conditions are turned round.</param>
public sealed record TcpMatch(
    PortRange SourcePorts,
    PortRange DestinationPorts,
    byte FlagMask = 0,
    byte FlagCompare = 0,
    byte Kind = 0,
    TcpInversions Inverted = TcpInversions.None) : Match
{
    private const int HeaderLength = 20;

    private static readonly string[] FlagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "tcp",
        KernelBytes = 16,
        Summary = "Matches ports, flags and options of a TCP header.",
        Source = "net/netfilter/xt_tcpudp.c, extensions/libxt_tcp.c",
        RequiredProtocol = 6,
        Options =
        [
            PortOption("source-port", "sport", "Source port or ports."),
            PortOption("destination-port", "dport", "Destination port or ports."),
            new("syn")
            {
                Invertible = true, Repeatable = true, Help = "Of FIN, SYN, RST and ACK only SYN is set.",
                Parse = call => FlagsOnce(call, new TcpFlagTest(0x17, 0x02)),
            },
            new("tcp-flags", OptionKind.Text)
            {
                Invertible = true, Repeatable = true, TakesTwoWords = true, ValueName = "mask set", Parse = ParseFlags,
                Help = "Which flags are looked at, and which of them are set.",
                Sample = source => $"{FlagText((byte)source.Next(64))} {FlagText((byte)source.Next(64))}",
            },
            new("tcp-option", OptionKind.Text)
            {
                Invertible = true, Repeatable = true, ValueName = "kind", Parse = ParseKind,
                Help = "An option of this kind, 1 to 255, is in the header.",
                Sample = source => $"{source.Next(255) + 1}",
            },
        ],
        Build = Build,
        Sample = source => source.Next(2) == 0
            ? ["!", "--sport", $"{source.Next(32768)}:{32768 + source.Next(32768)}", "--syn"]
            : ["--dport", $"{source.Next(65536)}", "--tcp-flags", FlagText((byte)source.Next(64)), FlagText((byte)source.Next(64))],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    internal override InlineTest Inline =>
        SourcePorts != PortRange.All || FlagMask != 0 || FlagCompare != 0 || Kind != 0
            || (Inverted & ~TcpInversions.DestinationPorts) != 0 ? default
        : DestinationPorts.Low == DestinationPorts.High
            ? new InlineTest(InlineKind.DestinationPort, DestinationPorts.Low, 0, Has(TcpInversions.DestinationPorts))
        : DestinationPorts == PortRange.All && Inverted == TcpInversions.None ? new InlineTest(InlineKind.Header)
        : default;

    internal override int RequiredDestinationPort =>
        DestinationPorts.Low == DestinationPorts.High && !Has(TcpInversions.DestinationPorts) ? DestinationPorts.Low : -1;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            // IPv6 counts the offset in bytes where IPv4 counts in units, so only IPv4 sees the offset that overwrites flags.
            bool isEvil = packet.FragmentOffset == 8 && packet.Family == IpFamily.IPv4;
            return isEvil ? MatchResult.HotDrop(Condition.Fragment) : MatchResult.No(Condition.Fragment);
        }
        ReadOnlySpan<byte> header = packet.Transport;
        if (header.Length < HeaderLength)
        {
            return MatchResult.HotDrop(Condition.Truncated);
        }
        ushort source = (ushort)((header[0] << 8) | header[1]), destination = (ushort)((header[2] << 8) | header[3]);
        if (SourcePorts.Contains(source) == Has(TcpInversions.SourcePorts))
        {
            return MatchResult.No(Condition.SourcePort, source);
        }
        if (DestinationPorts.Contains(destination) == Has(TcpInversions.DestinationPorts))
        {
            return MatchResult.No(Condition.DestinationPort, destination);
        }
        if (((header[13] & FlagMask) == FlagCompare) == Has(TcpInversions.Flags))
        {
            return MatchResult.No(Condition.Flags, header[13]);
        }
        return Kind == 0 ? MatchResult.Yes : EvaluateKind(header);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        string not = result.Answer == MatchAnswer.Yes ? "is" : "is not";
        return result.Condition switch
        {
            Condition.SourcePort => Invariant($"sport {result.Seen} {not} {Sign(TcpInversions.SourcePorts)}{SourcePorts}"),
            Condition.DestinationPort =>
                Invariant($"dport {result.Seen} {not} {Sign(TcpInversions.DestinationPorts)}{DestinationPorts}"),
            Condition.Flags => $"flags {FlagText((byte)result.Seen)} are not "
                + $"{Sign(TcpInversions.Flags)}{FlagText(FlagCompare)} of {FlagText(FlagMask)}",
            Condition.Option => Invariant($"option {Kind} {(Has(TcpInversions.Option) ? "is" : "is not")} in the header"),
            Condition.Fragment => "a later fragment has no TCP header",
            Condition.Truncated => "the TCP header is cut short",
            _ => "ports, flags and options fit",
        };
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        PortPrinter.Save(writer, "sport", SourcePorts, Has(TcpInversions.SourcePorts));
        PortPrinter.Save(writer, "dport", DestinationPorts, Has(TcpInversions.DestinationPorts));
        if (Kind != 0 || Has(TcpInversions.Option))
        {
            writer.Option("tcp-option", Kind, Has(TcpInversions.Option));
        }
        if (FlagMask != 0 || Has(TcpInversions.Flags))
        {
            writer.Option("tcp-flags", FlagText(FlagMask), Has(TcpInversions.Flags)).Word(FlagText(FlagCompare));
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("tcp");
        PortPrinter.List(writer, "spt", SourcePorts, Has(TcpInversions.SourcePorts), "tcp", context);
        PortPrinter.List(writer, "dpt", DestinationPorts, Has(TcpInversions.DestinationPorts), "tcp", context);
        if (Kind != 0 || Has(TcpInversions.Option))
        {
            writer.Word("option=").Raw(Sign(TcpInversions.Option)).Number(Kind);
        }
        if (FlagMask != 0 || Has(TcpInversions.Flags))
        {
            writer.Word("flags:").Raw(Sign(TcpInversions.Flags));
            writer.Raw(context.IsNumeric
                ? Invariant($"0x{FlagMask:X2}/0x{FlagCompare:X2}")
                : $"{FlagText(FlagMask)}/{FlagText(FlagCompare)}");
        }
    }

    // tcp_find_option
    private MatchResult EvaluateKind(ReadOnlySpan<byte> header)
    {
        int length = (header[12] >> 4) * 4;
        if (length < HeaderLength || length > header.Length)
        {
            return MatchResult.HotDrop(Condition.Truncated);
        }
        ReadOnlySpan<byte> options = header[HeaderLength..length];
        bool isThere = false;
        for (int i = 0; i < options.Length && !isThere;)
        {
            isThere = options[i] == Kind;
            bool isSingleByte = options[i] < 2 || i + 1 >= options.Length || options[i + 1] == 0;
            i += isSingleByte ? 1 : options[i + 1];
        }
        return MatchResult.When(isThere != Has(TcpInversions.Option), Condition.Option, Kind);
    }

    private bool Has(TcpInversions inversion) => (Inverted & inversion) != 0;

    private string Sign(TcpInversions inversion) => Has(inversion) ? "!" : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string FlagText(byte flags) => (flags & 0x3f) == 0
        ? "NONE"
        : string.Join(',', FlagNames.Where((_, bit) => (flags & (1 << bit)) != 0));

    private static OptionSpec PortOption(string name, string alias, string help)
    {
        return new OptionSpec(name, OptionKind.Text)
        {
            Aliases = [alias],
            Invertible = true,
            Repeatable = true,
            ValueName = "port[:port]",
            Parse = ParsePorts,
            Help = help,
            Sample = source => $"{source.Next(32768)}:{32768 + source.Next(32768)}",
        };
    }

    private static object ParsePorts(OptionCall call)
    {
        Once(call, $"Only one `--{call.Option.Name}' allowed");
        string text = call.Argument;
        NameDatabase names = call.Environment.Names;
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            ushort port = NameParser.Port(text, "tcp", names);
            return new PortRange(port, port);
        }
        (string low, string high) = (text[..colon], text[(colon + 1)..]);
        PortRange ports = new(
            low.Length == 0 ? (ushort)0 : NameParser.Port(low, "tcp", names),
            high.Length == 0 ? ushort.MaxValue : NameParser.Port(high, "tcp", names));
        return ports.Low <= ports.High ? ports : throw OptionCall.Error("invalid portrange (min > max)");
    }

    private static object ParseFlags(OptionCall call)
    {
        FlagsOnce(call, default);
        if (call.Peek() is not { } second || second.StartsWith('-') || second == "!")
        {
            throw OptionCall.Error("--tcp-flags requires two args.");
        }
        TcpFlagTest test = new(ReadFlags(call.Argument), ReadFlags(second));
        call.Take();
        return test;
    }

    private static byte ReadFlags(string text)
    {
        byte flags = 0;
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int bit = Array.FindIndex(FlagNames, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
            bool isAll = name.Equals("ALL", StringComparison.OrdinalIgnoreCase);
            if (bit < 0 && !isAll && !name.Equals("NONE", StringComparison.OrdinalIgnoreCase))
            {
                throw OptionCall.Error($"Unknown TCP flag `{name}'");
            }
            flags |= (byte)(isAll ? 0x3f : bit >= 0 ? 1 << bit : 0);
        }
        return flags;
    }

    private static object ParseKind(OptionCall call)
    {
        Once(call, "Only one `--tcp-option' allowed");
        return CNumber.TryRead(call.Argument, out ulong kind, 1, 255)
            ? (byte)kind
            : throw OptionCall.Error($"Bad TCP option \"{call.Argument}\"");
    }

    private static TcpFlagTest FlagsOnce(OptionCall call, TcpFlagTest test) =>
        call.Values.HasAny("syn", "tcp-flags")
            ? throw OptionCall.Error("Only one of `--syn' or `--tcp-flags'  allowed")
            : test;

    private static void Once(OptionCall call, string message)
    {
        if (call.Values.Has(call.Option.Name))
        {
            throw OptionCall.Error(message);
        }
    }

    private static TcpMatch Build(OptionValues values)
    {
        string flags = values.Has("syn") ? "syn" : "tcp-flags";
        TcpFlagTest test = values.Get<TcpFlagTest>(flags, default);
        TcpInversions inverted =
            (values.IsInverted("source-port") ? TcpInversions.SourcePorts : 0)
            | (values.IsInverted("destination-port") ? TcpInversions.DestinationPorts : 0)
            | (values.IsInverted(flags) ? TcpInversions.Flags : 0)
            | (values.IsInverted("tcp-option") ? TcpInversions.Option : 0);
        return new(
            values.Get("source-port", PortRange.All), values.Get("destination-port", PortRange.All),
            test.Mask, test.Set, values.Get<byte>("tcp-option", 0), inverted);
    }

    private readonly record struct TcpFlagTest(byte Mask, byte Set);

    private static class Condition
    {
        public const byte SourcePort = 1;
        public const byte DestinationPort = 2;
        public const byte Flags = 3;
        public const byte Option = 4;
        public const byte Fragment = 5;
        public const byte Truncated = 6;
    }
}

/// <summary>Conditions of a <see cref="TcpMatch"/> that are turned round (<c>XT_TCP_INV_*</c>).</summary>
[Flags]
public enum TcpInversions : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>! --sport</c>.</summary>
    SourcePorts = 1,

    /// <summary><c>! --dport</c>.</summary>
    DestinationPorts = 2,

    /// <summary><c>! --tcp-flags</c>.</summary>
    Flags = 4,

    /// <summary><c>! --tcp-option</c>.</summary>
    Option = 8,
}
