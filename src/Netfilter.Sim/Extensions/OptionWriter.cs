using System.Globalization;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// Where rules are printed to: a growing text. Everything an extension writes begins with one blank, as in the tools.
/// </summary>
public sealed class OptionWriter
{
    private char[] _text = new char[256];
    private int _length;

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<char> Written => _text.AsSpan(0, _length);

    /// <summary>What the tool says on stderr while it prints; empty for nothing.</summary>
    public string Warnings { get; private set; } = "";

    /// <summary>Forgets what has been written and keeps the memory.</summary>
    public void Clear() => (_length, Warnings) = (0, "");

    /// <summary>Adds a text to <see cref="Warnings"/>.</summary>
    /// <param name="text">The text with its line feed.</param>
    public OptionWriter Warn(string text)
    {
        Warnings += text;
        return this;
    }

    /// <summary>Writes <c> --name</c>, with <c> !</c> before it when inverted.</summary>
    public OptionWriter Flag(string name, bool isInverted = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (isInverted)
        {
            Raw(" !");
        }
        return Raw(" --").Raw(name);
    }

    /// <summary>Writes <c> [!] --name value</c>, the value as it stands.</summary>
    public OptionWriter Option(string name, ReadOnlySpan<char> value, bool isInverted = false) =>
        Flag(name, isInverted).Raw(' ').Raw(value);

    /// <summary>Writes <c> [!] --name number</c>.</summary>
    public OptionWriter Option(string name, ulong value, bool isInverted = false) =>
        Flag(name, isInverted).Raw(' ').Number(value);

    /// <summary>Writes <c> [!] --name text</c>, quoted as far as needed.</summary>
    public OptionWriter QuotedOption(string name, string value, bool isInverted = false) =>
        Flag(name, isInverted).Raw(' ').Quoted(value);

    /// <summary>Writes one blank and a text as it stands.</summary>
    public OptionWriter Word(ReadOnlySpan<char> text) => Raw(' ').Raw(text);

    /// <summary>Writes one blank and an interpolated text with invariant culture.</summary>
    public OptionWriter Word(ref DefaultInterpolatedStringHandler text) => Raw(' ').Raw(text.ToStringAndClear());

    /// <summary>Writes a text without anything before it.</summary>
    public OptionWriter Raw(ReadOnlySpan<char> text)
    {
        text.CopyTo(Room(text.Length));
        _length += text.Length;
        return this;
    }

    /// <summary>Writes a character without anything before it.</summary>
    public OptionWriter Raw(char c)
    {
        Room(1)[0] = c;
        _length++;
        return this;
    }

    /// <summary>Writes a decimal number without anything before it.</summary>
    public OptionWriter Number(ulong value)
    {
        value.TryFormat(Room(20), out int written, default, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    /// <summary>Writes a number in lower-case hexadecimal after <c>0x</c>.</summary>
    /// <param name="value">The number.</param>
    /// <param name="digits">Digits at least.</param>
    public OptionWriter Hex(ulong value, int digits = 1)
    {
        Raw("0x");
        Span<char> format = ['x', (char)('0' + digits)];
        value.TryFormat(Room(16), out int written, format, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    /// <summary>Writes <c>0xvalue</c>, and <c>/0xmask</c> unless the mask is all ones.</summary>
    public OptionWriter Mark(uint value, uint mask)
    {
        Hex(value);
        return mask == uint.MaxValue ? this : Raw('/').Hex(mask);
    }

    /// <summary>Writes a text bare when it has only letters, digits, <c>_</c> and <c>-</c>, else in quotes (<c>xtables_save_string</c>).</summary>
    public OptionWriter Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isPlain = text.Length > 0 && !text.AsSpan().ContainsAnyExcept(OptionWriterSets.Plain);
        if (isPlain)
        {
            return Raw(text);
        }
        Raw('"');
        foreach (char c in text)
        {
            if (c is '"' or '\\' or '\'')
            {
                Raw('\\');
            }
            Raw(c);
        }
        return Raw('"');
    }

    /// <summary>Writes an address as it is printed everywhere.</summary>
    public OptionWriter Address(in NetAddress address)
    {
        if (address.Family == IpFamily.IPv6)
        {
            return Raw(address.ToString());
        }
        uint bits = address.IPv4Bits;
        return Number(bits >> 24).Raw('.').Number((bits >> 16) & 255).Raw('.').Number((bits >> 8) & 255).Raw('.').Number(bits & 255);
    }

    /// <summary>Writes <c>address/length</c>, or <c>address/mask</c> when the mask is not a run of ones.</summary>
    public OptionWriter Prefix(in NetPrefix prefix)
    {
        Address(prefix.Address).Raw('/');
        return prefix.Length >= 0 ? Number((ulong)prefix.Length) : Address(prefix.Mask);
    }

    /// <summary>Writes a number at the right of a column.</summary>
    internal OptionWriter Aligned(ulong value, int width)
    {
        int digits = 1;
        for (ulong rest = value / 10; rest > 0; rest /= 10)
        {
            digits++;
        }
        return Blanks(width - digits).Number(value);
    }

    /// <summary>Writes blanks; none when the count is negative.</summary>
    internal OptionWriter Blanks(int count)
    {
        for (; count > 0; count--)
        {
            Raw(' ');
        }
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => new(Written);

    private Span<char> Room(int count)
    {
        if (_length + count > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + count));
        }
        return _text.AsSpan(_length);
    }
}

file static class OptionWriterSets
{
    public static readonly System.Buffers.SearchValues<char> Plain = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}
