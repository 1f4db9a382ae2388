using System.Text;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// Text whose length the tools count in bytes. A byte that is not UTF-8 stands as a lone surrogate U+DC80 to U+DCFF, so
/// that any argument survives.
/// </summary>
internal static class ByteText
{
    public static int Length(ReadOnlySpan<char> text)
    {
        int bytes = 0;
        foreach (char c in text)
        {
            // A pair makes four bytes; an escaped byte is one.
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : char.IsSurrogate(c) ? (IsEscape(c) ? 1 : 2) : 3;
        }
        return bytes - PairedEscapes(text);
    }

    /// <summary>The first bytes of a text; a character cut in two becomes escaped bytes.</summary>
    public static string Cut(string text, int maxBytes)
    {
        if (text.Length * 3 <= maxBytes || Length(text) <= maxBytes)
        {
            return text;
        }
        return Decode(Encode(text).AsSpan(0, maxBytes));
    }

    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        List<byte> bytes = new(text.Length);
        Span<byte> buffer = stackalloc byte[4];
        for (int i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text[i..], out Rune rune, out int used) == System.Buffers.OperationStatus.Done)
            {
                bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
            }
            else if (IsEscape(text[i]))
            {
                bytes.Add((byte)(text[i] - 0xdc00));
            }
            else
            {
                bytes.Add((byte)'?');
            }
            i += used;
        }
        return [.. bytes];
    }

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                for (int i = 0; i < used; i++)
                {
                    text.Append((char)(0xdc00 + bytes[i]));
                }
            }
            bytes = bytes[used..];
        }
        return text.ToString();
    }

    private static bool IsEscape(char c) => c is >= '\udc80' and <= '\udcff';

    private static int PairedEscapes(ReadOnlySpan<char> text)
    {
        int surplus = 0;
        for (int i = 1; i < text.Length; i++)
        {
            // The low half of a real pair was counted as one escaped byte although it stands for two.
            surplus -= IsEscape(text[i]) && char.IsHighSurrogate(text[i - 1]) ? 1 : 0;
        }
        return surplus;
    }
}
