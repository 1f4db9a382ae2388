using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Texts of <see cref="StringMatch"/> (<c>extensions/libxt_string.c parse_hex_string, print_string</c>).</summary>
internal static class StringText
{
    /// <summary>Reads text with hexadecimal bytes between bars; a backslash before a character takes it as it stands. Even a closing bar
    /// is too much after the greatest number of bytes.</summary>
    public static object? ReadHex(string argument, int maxBytes)
    {
        byte[] text = ByteText.Encode(argument);
        if (text.Length == 0)
        {
            throw OptionCall.Error("STRING must contain at least one char");
        }
        ImmutableArray<byte>.Builder bytes = ImmutableArray.CreateBuilder<byte>();
        bool isHex = false;
        int i = 0;
        while (i < text.Length)
        {
            if (bytes.Count >= maxBytes)
            {
                throw OptionCall.Error($"STRING too long \"{argument}\"");
            }
            bool isLiteral = text[i] == '\\';
            if (isLiteral && isHex)
            {
                throw OptionCall.Error("Cannot include literals in hex data");
            }
            if (text[i] == '|')
            {
                isHex = !isHex;
                while (isHex && i + 1 < text.Length && text[i + 1] == ' ')
                {
                    i++;
                }
                if (++i >= text.Length)
                {
                    break;
                }
            }
            bytes.Add(isLiteral ? TakeLiteral(text, ref i) : isHex ? TakeHex(text, ref i) : text[i++]);
        }
        return new EquatableArray<byte>(bytes.ToImmutable());
    }

    /// <summary>Whether a text is printed in hexadecimal: a byte cannot be printed, or the last one is a backslash.</summary>
    public static bool NeedsHex(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0 || (!text.IsEmpty && text[^1] == '\\');

    /// <summary>Writes a text in quotes.</summary>
    public static void Write(OptionWriter writer, ReadOnlySpan<byte> text, bool isHex)
    {
        writer.Raw(isHex ? "\"|" : "\"");
        foreach (byte c in text)
        {
            if (isHex)
            {
                writer.Raw(c.ToString("x2", CultureInfo.InvariantCulture));
                continue;
            }
            writer.Raw(c is (byte)'"' or (byte)'\\' ? "\\" : "").Raw((char)c);
        }
        writer.Raw(isHex ? "|\"" : "\"");
    }

    private static byte TakeLiteral(byte[] text, ref int i)
    {
        if (i + 1 >= text.Length)
        {
            throw OptionCall.Error("Bad literal placement at end of string");
        }
        i += 2;
        return text[i - 1];
    }

    private static byte TakeHex(byte[] text, ref int i)
    {
        if (i + 1 >= text.Length)
        {
            throw OptionCall.Error("Odd number of hex digits");
        }
        if (i + 2 >= text.Length)
        {
            throw OptionCall.Error("Invalid hex block");
        }
        int value = (DigitOf(text[i]) << 4) | DigitOf(text[i + 1]);
        i += text[i + 2] == ' ' ? 3 : 2;
        return (byte)value;
    }

    private static int DigitOf(byte c) => char.IsAsciiHexDigit((char)c)
        ? (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10)
        : throw OptionCall.Error($"Invalid hex char '{ByteText.Decode([c])}'");
}
