using System.Globalization;

namespace Netfilter.Sim.Engine;

/// <summary>A table that the kernel, or a strict namespace, would refuse: nothing of it was loaded.</summary>
public sealed class RulesetLoadException : Exception
{
    /// <summary>Makes the exception.</summary>
    public RulesetLoadException(string table, string chain, int ruleNumber, string reason)
        : base(ruleNumber == 0
            ? $"{table}/{chain}: {reason}."
            : string.Create(CultureInfo.InvariantCulture, $"{table}/{chain} rule {ruleNumber}: {reason}."))
    {
        (Table, Chain, RuleNumber, Reason) = (table, chain, ruleNumber, reason);
    }

    /// <summary>The table's name.</summary>
    public string Table { get; }

    /// <summary>The chain's name.</summary>
    public string Chain { get; }

    /// <summary>1 for the first rule; 0 when the chain as a whole is meant.</summary>
    public int RuleNumber { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
