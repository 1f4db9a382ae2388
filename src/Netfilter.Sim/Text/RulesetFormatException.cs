using System.Globalization;

namespace Netfilter.Sim.Text;

/// <summary>A text is not a ruleset: where, what stands there, and what was expected.</summary>
public sealed class RulesetFormatException : FormatException
{
    internal RulesetFormatException(string code, string message, string text, int line, int offset, string offending, string expected)
        : base(string.Create(CultureInfo.InvariantCulture, $"line {line}, column {ColumnOf(text, offset)}: {message}"))
    {
        (Code, Line, Offset, OffendingText, Expected) = (code, line, offset, offending, expected);
        Column = ColumnOf(text, offset);
        Words = message;
    }

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException()
        : this("")
    {
    }

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException(string message)
        : base(message) => (Code, OffendingText, Expected, Words) = ("NF1000", "", "", message);

    /// <summary>Makes an error without a place.</summary>
    public RulesetFormatException(string message, Exception innerException)
        : base(message, innerException) => (Code, OffendingText, Expected, Words) = ("NF1000", "", "", message);

    /// <summary>
    /// What kind of error, for ever the same: NF1001 what iptables-restore refuses, NF1002 a line outside a table, NF1003 no
    /// COMMIT at the end, NF1004 an unknown table, NF1005 a chain that is not there, NF1006 what the kernel refuses.
    /// </summary>
    public string Code { get; }

    /// <summary>The line, 1 for the first.</summary>
    public int Line { get; }

    /// <summary>The column in characters, 1 for the first.</summary>
    public int Column { get; }

    /// <summary>The offset in characters from the beginning of the text.</summary>
    public int Offset { get; }

    /// <summary>What stands there.</summary>
    public string OffendingText { get; }

    /// <summary>What would be right there; empty when that is not known.</summary>
    public string Expected { get; }

    /// <summary>The message without the place: iptables' own words where it has them.</summary>
    public string Words { get; }

    private static int ColumnOf(string text, int offset) => offset == 0 ? 1 : offset - text.LastIndexOf('\n', offset - 1);
}
