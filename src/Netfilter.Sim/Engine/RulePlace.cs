using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>A rule's or a policy's place: table, chain and number.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Chain">The chain as it was then.</param>
/// <param name="Number">1 for the first rule; 0 for the policy.</param>
public readonly record struct RulePlace(string Table, Chain Chain, int Number)
{
    /// <summary>Whether it is a place at all.</summary>
    public bool IsSomewhere => Table is not null;

    /// <summary>The rule; null for a policy.</summary>
    public Rule? Rule => IsSomewhere && Number > 0 ? Chain.Rules[Number - 1] : null;

    /// <summary>For example <c>filter/FORWARD rule 3</c> or <c>filter/INPUT policy</c>.</summary>
    public override string ToString() => !IsSomewhere ? string.Empty : Number == 0
        ? $"{Table}/{Chain.Name} policy"
        : string.Create(CultureInfo.InvariantCulture, $"{Table}/{Chain.Name} rule {Number}");
}
