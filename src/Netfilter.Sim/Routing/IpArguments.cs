using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>The words of an <c>ip</c> command line, read one after the other.</summary>
internal sealed class IpArguments
{
    private static readonly char[] Blanks = [' ', '\t', '\n', '\r', '\\'];

    private readonly string[] _words;
    private int _next;

    public IpArguments(string text)
        : this(text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
    {
    }

    public IpArguments(string[] words) => _words = words;

    public bool HasMore => _next < _words.Length;

    public string? Peek => HasMore ? _words[_next] : null;

    public string Next() => HasMore ? _words[_next++] : throw new FormatException("Command line is not complete.");

    /// <summary>Passes over a word if it comes next.</summary>
    public bool Skip(string word)
    {
        bool isThere = Peek == word;
        _next += isThere ? 1 : 0;
        return isThere;
    }

    public NetAddress Address() => NetAddress.Parse(Next());

    /// <summary>A number, decimal or with <c>0x</c>.</summary>
    public uint Number(uint highest = uint.MaxValue)
    {
        string text = Next();
        return TryNumber(text, out uint value) && value <= highest
            ? value
            : throw new FormatException($"'{text}' is not a number from 0 to {highest}.");
    }

    public static bool TryNumber(ReadOnlySpan<char> text, out uint value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
