using System.Globalization;

namespace Netfilter.Sim.Text;

/// <summary>A text is not a ruleset: where, what stands there, and what was expected.</summary>
public sealed class RulesetFormatException : FormatException
{
    /// <summary>Makes an error with its place.</summary>
    /// <param name="code">A stable code, one of <see cref="RulesetErrorCode"/>.</param>
    /// <param name="words">What is wrong, in the tool's words where it has any.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column in characters, from 1.</param>
    /// <param name="offset">The place in the text, from 0.</param>
    /// <param name="offendingText">What stands there; empty when something is missing.</param>
    /// <param name="expected">What would be right there; empty when that is not known.</param>
    public RulesetFormatException(
        string code, string words, int line, int column, int offset, string offendingText = "", string expected = "")
        : base(Describe(words, line, column, expected))
    {
        (Code, Words, Line, Column, Offset) = (code, words, line, column, offset);
        (OffendingText, Expected) = (offendingText, expected);
    }

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException()
        : this("")
    {
    }

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException(string message)
        : base(message) => Words = message;

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException(string message, Exception innerException)
        : base(message, innerException) => Words = message;

    /// <summary>What kind of error, for ever the same: one of <see cref="RulesetErrorCode"/>.</summary>
    public string Code { get; } = RulesetErrorCode.Structure;

    /// <summary>The line, 1 for the first.</summary>
    public int Line { get; }

    /// <summary>The column in characters, 1 for the first.</summary>
    public int Column { get; }

    /// <summary>The offset in characters from the beginning of the text.</summary>
    public int Offset { get; }

    /// <summary>What stands there; empty when something is missing.</summary>
    public string OffendingText { get; } = "";

    /// <summary>What would be right there; names that somebody may have meant; empty when that is not known.</summary>
    public string Expected { get; } = "";

    /// <summary>The message without the place: iptables' own words where it has them.</summary>
    public string Words { get; }

    private static string Describe(string words, int line, int column, string expected) => string.Create(
        CultureInfo.InvariantCulture,
        $"line {line}, column {column}: {words}{(expected.Length == 0 ? "" : $" (expected: {expected})")}");
}
