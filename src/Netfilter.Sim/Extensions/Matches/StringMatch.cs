using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m string</c>: whether bytes occur in the packet (<c>net/netfilter/xt_string.c string_mt</c>,
/// <c>net/core/skbuff.c skb_find_text</c>).
/// </summary>
/// <param name="Pattern">The bytes.</param>
/// <param name="Algorithm">How they are looked for: <c>bm</c> or <c>kmp</c>.</param>
/// <param name="IsInverted">Whether packets without them are meant.</param>
public sealed record StringMatch(EquatableArray<byte> Pattern, string Algorithm, bool IsInverted) : Match
{
    private const int MaxPattern = 128, MaxAlgorithm = 15;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "string",
        KernelBytes = 160,
        Summary = "Matches packets that contain a text.",
        Source = "net/netfilter/xt_string.c, lib/ts_bm.c, lib/ts_kmp.c, extensions/libxt_string.c",
        NotModelled = "`--algo bm` where the text lies across two fragments of a reassembled packet",
        Revision = 1,
        Options =
        [
            new("from", OptionKind.UInt16) { ValueName = "offset", Help = "Where the search begins, from the IP header." },
            new("to", OptionKind.UInt16) { ValueName = "offset", Help = "Where the text must have ended." },
            new("algo", OptionKind.Text) { Required = true, KeptBytes = MaxAlgorithm, ValueName = "bm|kmp", Help = "How to search." },
            new("string", OptionKind.Text)
            {
                Invertible = true, Excludes = ["hex-string"], ValueName = "text", Help = "The text as it stands.", Parse = ReadText,
            },
            new("hex-string", OptionKind.Text)
            {
                Invertible = true, Excludes = ["string"], ValueName = "text|hex|text", Help = "The text, bytes in hexadecimal between bars.",
                Parse = call => StringText.ReadHex(call.Argument, MaxPattern),
            },
            new("icase") { Help = "Small and capital letters are the same." },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("string", "hex-string"))
            {
                throw OptionCall.Error("STRING match: You must specify `--string' or `--hex-string'");
            }
        },
        Build = values => new StringMatch(
            values.Get("string", values.Get<EquatableArray<byte>>("hex-string", default)),
            values.Get<string>("algo"),
            values.IsInverted("string") || values.IsInverted("hex-string"))
        {
            From = (ushort)values.Get("from", 0UL),
            To = (ushort)values.Get("to", (ulong)ushort.MaxValue),
            IgnoresCase = values.Has("icase"),
        },
        Sample = source =>
            ["--algo", source.Next(2) == 0 ? "bm" : "kmp", "--hex-string", $"a|{source.Next(256):x2} 0a|b", "--from", $"{source.Next(99)}"],
    };

    /// <summary>Where the search begins, in bytes from the IP header.</summary>
    public ushort From { get; init; }

    /// <summary>Where the text must have ended.</summary>
    public ushort To { get; init; } = ushort.MaxValue;

    /// <summary>Whether small and capital letters are the same.</summary>
    public bool IgnoresCase { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <summary>The third algorithm of the kernel, <c>fsm</c>, takes no text that anybody can write here.</summary>
    public override KernelErrno Check(in RuleCheck check)
    {
        if (From > To || Pattern.Length > MaxPattern)
        {
            return KernelErrno.Invalid;
        }
        return Algorithm is "bm" or "kmp" or "fsm"
            ? Pattern.Length == 0 || Algorithm == "fsm" ? KernelErrno.Invalid : KernelErrno.None
            : KernelErrno.NoEntry;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        int at = Find(packet.Span, From);
        if (at >= 0 && packet.Pieces.Count > 1 && Algorithm == "bm" && !IsWithinPiece(packet, at))
        {
            // Boyer-Moore finds nothing across two buffers, and whether the kernel has put these fragments into one is not known.
            int next = at;
            while (next >= 0 && !IsWithinPiece(packet, next))
            {
                next = Find(packet.Span, next + 1);
            }
            if (IsInTime(at) != IsInTime(next))
            {
                return MatchResult.Unknown();
            }
            at = next >= 0 ? next : at;
        }
        bool isFound = IsInTime(at);
        return MatchResult.When(isFound != IsInverted, isFound ? (byte)1 : (byte)0, at >= 0 ? (ulong)at : ulong.MaxValue);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Answer == MatchAnswer.Unknown
        ? "whether bm finds the text across two fragments of a reassembled packet depends on the kernel's buffers"
        : result.Seen == ulong.MaxValue ? "the text does not occur"
        : string.Create(CultureInfo.InvariantCulture, $"the text occurs at {result.Seen}{(result.Condition == 1 ? "" : ", too far behind")}");

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        bool isHex = StringText.NeedsHex(Pattern.AsSpan());
        writer.Flag(isHex ? "hex-string" : "string", IsInverted).Raw(' ');
        StringText.Write(writer, Pattern.AsSpan(), isHex);
        writer.Option("algo", Algorithm);
        if (From != 0)
        {
            writer.Option("from", From);
        }
        if (To != ushort.MaxValue)
        {
            writer.Option("to", To);
        }
        if (IgnoresCase)
        {
            writer.Flag("icase");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("STRING match ").Raw(IsInverted ? "!" : "").Raw(' ');
        StringText.Write(writer, Pattern.AsSpan(), StringText.NeedsHex(Pattern.AsSpan()));
        writer.Word("ALGO name ").Raw(Algorithm);
        if (From != 0)
        {
            writer.Word("FROM ").Number(From);
        }
        if (To != ushort.MaxValue)
        {
            writer.Word("TO ").Number(To);
        }
        writer.Raw(IgnoresCase ? " ICASE" : "");
    }

    private static object? ReadText(OptionCall call)
    {
        byte[] bytes = ByteText.Encode(call.Argument);
        return bytes.Length <= MaxPattern
            ? new EquatableArray<byte>(bytes.ToImmutableArray())
            : throw OptionCall.Error($"STRING too long \"{call.Argument}\"");
    }

    // Only the first place counts, even when a later one would end in time.
    private bool IsInTime(int at) => at >= 0 && at - From + Pattern.Length <= To - From;

    private int Find(ReadOnlySpan<byte> text, int from)
    {
        text = from <= text.Length ? text[from..] : default;
        int at = IgnoresCase ? FindFolded(text, Pattern.AsSpan()) : text.IndexOf(Pattern.AsSpan());
        return at < 0 ? at : at + from;
    }

    private bool IsWithinPiece(PacketBuffer packet, int at)
    {
        int end = packet.PiecesStart;
        foreach (int length in packet.Pieces)
        {
            end += length;
            if (at < end)
            {
                return at + Pattern.Length <= end;
            }
        }
        return true;
    }

    private static int FindFolded(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        for (int start = 0; start <= text.Length - pattern.Length; start++)
        {
            int i = 0;
            while (i < pattern.Length && ToUpper(text[start + i]) == ToUpper(pattern[i]))
            {
                i++;
            }
            if (i == pattern.Length)
            {
                return start;
            }
        }
        return -1;
    }

    // The kernel's letters are those of ISO 8859-1, and its capital of ß is ¿ (lib/ctype.c).
    private static byte ToUpper(byte c) => c is (>= (byte)'a' and <= (byte)'z') or (>= 0xdf and not 0xf7) ? (byte)(c - 32) : c;
}
