namespace Netfilter.Sim.Text;

/// <summary>The codes of <see cref="RulesetFormatException.Code"/>.</summary>
public static class RulesetErrorCode
{
    /// <summary>A line that belongs into a table stands outside, or the text ends without COMMIT.</summary>
    public const string Structure = "NF1001";

    /// <summary>A table that there is none of.</summary>
    public const string Table = "NF1002";

    /// <summary>A chain's line is malformed, or the chain is there already.</summary>
    public const string Chain = "NF1003";

    /// <summary>A policy that is none, or of a chain that can have none.</summary>
    public const string Policy = "NF1004";

    /// <summary>Counters that are not numbers.</summary>
    public const string Counters = "NF1005";

    /// <summary>An option that nobody knows.</summary>
    public const string Option = "NF2001";

    /// <summary>A value that is refused, or options that do not go together.</summary>
    public const string Value = "NF2002";

    /// <summary>A match that there is none of.</summary>
    public const string Match = "NF2003";

    /// <summary>A target or chain that there is none of.</summary>
    public const string Target = "NF2004";

    /// <summary>A command that names a chain, rule or number that is not there.</summary>
    public const string Command = "NF2005";
}
