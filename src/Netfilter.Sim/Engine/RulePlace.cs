using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>A rule's or a policy's place: table, chain and number.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Number">1 for the first rule; 0 for the policy.</param>
/// <param name="Rule">The rule; null for the policy.</param>
public readonly record struct RulePlace(string Table, string Chain, int Number, Rule? Rule)
{
    /// <summary>Whether it is a place at all.</summary>
    public bool IsSomewhere => Table is not null;

    /// <summary>For example <c>filter/FORWARD rule 3</c> or <c>filter/INPUT policy</c>.</summary>
    public override string ToString() => !IsSomewhere ? string.Empty : Number == 0
        ? $"{Table}/{Chain} policy"
        : string.Create(CultureInfo.InvariantCulture, $"{Table}/{Chain} rule {Number}");
}
