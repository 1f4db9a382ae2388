using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m string</c>: bytes anywhere in the packet (<c>net/netfilter/xt_string.c string_mt</c>, <c>struct xt_string_info</c>).
/// </summary>
public sealed record StringMatch : Match
{
    private const int MostBytes = 128;
    private const ushort DefaultTo = ushort.MaxValue;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "string",
        Summary = "Matches bytes anywhere in the packet.",
        Source = "net/netfilter/xt_string.c, lib/textsearch.c, extensions/libxt_string.c",
        Revision = 1,
        Options =
        [
            new("from", OptionKind.UInt16) { ValueName = "offset", Help = "Where the search begins, from the IP header." },
            new("to", OptionKind.UInt16) { ValueName = "offset", Help = "Where it has to end." },
            new("algo", OptionKind.Text)
            {
                Required = true, KeptBytes = 15, ValueName = "bm|kmp", Help = "How it is searched.", Sample = source => source.Next(2) == 0 ? "bm" : "kmp",
            },
            new("string", OptionKind.Text)
            {
                Invertible = true, Excludes = ["hex-string"], ValueName = "text", Parse = ParseText, Help = "The bytes as text.",
                Sample = source => $"text{source.Next(1000)}",
            },
            new("hex-string", OptionKind.Text)
            {
                Invertible = true, Excludes = ["string"], ValueName = "text|hex|", Help = "The bytes, with hexadecimal digits between bars.",
                Parse = call => HexString.Parse(call.Argument), Sample = source => $"|{source.Next(256):x2}|",
            },
            new("icase") { Help = "Upper and lower case are the same." },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("string", "hex-string"))
            {
                throw OptionCall.Error("STRING match: You must specify `--string' or `--hex-string'");
            }
        },
        Build = values =>
        {
            string option = values.Has("string") ? "string" : "hex-string";
            return new StringMatch
            {
                Pattern = values.Get<ImmutableArray<byte>>(option),
                IsNegated = values.IsInverted(option),
                Algorithm = values.Get<string>("algo"),
                From = (ushort)values.Get("from", 0UL),
                To = (ushort)values.Get("to", (ulong)DefaultTo),
                IgnoresCase = values.Has("icase"),
            };
        },
        Sample = source => ["--algo", source.Next(2) == 0 ? "bm" : "kmp", "--string", $"text{source.Next(1000)}"],
    };

    /// <summary>The bytes: 1 to 128.</summary>
    public ImmutableArray<byte> Pattern { get; init; } = [];

    /// <summary><c>!</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary><c>--algo</c>.</summary>
    public string Algorithm { get; init; } = "bm";

    /// <summary><c>--from</c>: where the search begins.</summary>
    public ushort From { get; init; }

    /// <summary><c>--to</c>: where the first place found has to end.</summary>
    public ushort To { get; init; } = DefaultTo;

    /// <summary><c>--icase</c>.</summary>
    public bool IgnoresCase { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    // Hexadecimal as a whole when a byte is not printable, or the last would hide the closing quote.
    private bool IsHexadecimal => Pattern.Any(b => b is < 0x20 or > 0x7e) || (Pattern.Length > 0 && Pattern[^1] == (byte)'\\');

    private string Text => IsHexadecimal
        ? $"\"|{Convert.ToHexStringLower(Pattern.AsSpan())}|\""
        : "\"" + Encoding.ASCII.GetString(Pattern.AsSpan()).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option(IsHexadecimal ? "hex-string" : "string", Text, IsNegated).Option("algo", Algorithm);
        if (From != 0)
        {
            writer.Option("from", From);
        }
        if (To != DefaultTo)
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
        writer.Word("STRING match ").Raw(IsNegated ? "!" : "").Raw(' ').Raw(Text).Word("ALGO name ").Raw(Algorithm);
        if (From != 0)
        {
            writer.Word("FROM ").Number(From);
        }
        if (To != DefaultTo)
        {
            writer.Word("TO ").Number(To);
        }
        writer.Raw(IgnoresCase ? " ICASE" : "");
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // string_mt_check; the third algorithm wants patterns that the tool does not write.
        if (From > To)
        {
            return KernelErrno.Invalid;
        }
        return Algorithm is "bm" or "kmp" ? Pattern.Length == 0 ? KernelErrno.Invalid : KernelErrno.None
            : Algorithm == "fsm" ? KernelErrno.Invalid
            : KernelErrno.NoEntry;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> bytes = context.Packet.Span;
        ReadOnlySpan<byte> rest = From < bytes.Length ? bytes[From..] : default;
        int found = IgnoresCase ? Find(rest, Pattern.AsSpan()) : rest.IndexOf(Pattern.AsSpan());
        // Only the first place counts, even when a later one would end in time.
        bool fits = found >= 0 && found + Pattern.Length <= To - From;
        return MatchResult.When(fits != IsNegated, 0, (ulong)(found + 1));
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Seen == 0
        ? $"{Text} is not in the packet"
        : string.Create(CultureInfo.InvariantCulture, $"{Text} is at {From + (int)result.Seen - 1}");

    /// <inheritdoc/>
    public bool Equals(StringMatch? other) => other is not null && Pattern.AsSpan().SequenceEqual(other.Pattern.AsSpan())
        && IsNegated == other.IsNegated && Algorithm == other.Algorithm && From == other.From && To == other.To
        && IgnoresCase == other.IgnoresCase;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Pattern.Length, IsNegated, Algorithm, From, To, IgnoresCase);

    private static int Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        for (int i = 0; i + pattern.Length <= text.Length; i++)
        {
            int j = 0;
            while (j < pattern.Length && ToUpper(text[i + j]) == ToUpper(pattern[j]))
            {
                j++;
            }
            if (j == pattern.Length)
            {
                return i;
            }
        }
        return -1;
    }

    // The kernel's letters are those of Latin-1 (lib/ctype.c).
    private static byte ToUpper(byte b) => b is (>= (byte)'a' and <= (byte)'z') or (>= 0xdf and not 0xf7) ? (byte)(b - 0x20) : b;

    private static object? ParseText(OptionCall call)
    {
        byte[] bytes = ByteText.Encode(call.Argument);
        return bytes.Length <= MostBytes
            ? ImmutableArray.Create(bytes)
            : throw OptionCall.Error($"STRING too long \"{call.Argument}\"");
    }

    /// <summary>Reads <c>--hex-string</c> (<c>libxt_string.c parse_hex_string</c>), byte by byte.</summary>
    private static class HexString
    {
        public static object? Parse(string text)
        {
            byte[] bytes = ByteText.Encode(text);
            if (bytes.Length == 0)
            {
                throw OptionCall.Error("STRING must contain at least one char");
            }
            ImmutableArray<byte>.Builder pattern = ImmutableArray.CreateBuilder<byte>();
            bool isHex = false;
            for (int i = 0; i < bytes.Length;)
            {
                // A closing bar after the last byte that fits is already too much.
                if (pattern.Count == MostBytes)
                {
                    throw OptionCall.Error($"STRING too long \"{text}\"");
                }
                bool isLiteral = bytes[i] == (byte)'\\';
                if (isLiteral && isHex)
                {
                    throw OptionCall.Error("Cannot include literals in hex data");
                }
                if (bytes[i] == (byte)'|')
                {
                    isHex = !isHex;
                    while (isHex && At(bytes, i + 1) == (byte)' ')
                    {
                        i++;
                    }
                    if (++i >= bytes.Length)
                    {
                        break;
                    }
                }
                pattern.Add(ReadByte(bytes, ref i, isLiteral, isHex));
            }
            return pattern.ToImmutable();
        }

        private static byte ReadByte(byte[] bytes, ref int i, bool isLiteral, bool isHex)
        {
            if (isLiteral)
            {
                i += 2;
                return i - 1 < bytes.Length ? bytes[i - 1] : throw OptionCall.Error("Bad literal placement at end of string");
            }
            if (!isHex)
            {
                return bytes[i++];
            }
            if (i + 2 >= bytes.Length)
            {
                throw OptionCall.Error(i + 1 >= bytes.Length ? "Odd number of hex digits" : "Invalid hex block");
            }
            int value = (Digit(bytes[i]) << 4) | Digit(bytes[i + 1]);
            i += bytes[i + 2] == (byte)' ' ? 3 : 2;
            return (byte)value;
        }

        private static int Digit(byte digit) => char.IsAsciiHexDigit((char)digit)
            ? Convert.ToInt32(((char)digit).ToString(), 16)
            : throw OptionCall.Error($"Invalid hex char '{(char)digit}'");

        private static byte At(byte[] bytes, int index) => index < bytes.Length ? bytes[index] : (byte)0;
    }
}
