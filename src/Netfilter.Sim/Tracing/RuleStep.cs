using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>A rule was tried.</summary>
/// <param name="Place">The rule's place.</param>
/// <param name="Failed">What failed first; <see cref="RuleCondition.None"/> when the rule matched.</param>
public sealed record RuleStep(RulePlace Place, RuleCondition Failed) : TraceStep
{
    /// <summary>Whether the rule matched.</summary>
    public bool IsMatch => Failed == RuleCondition.None;

    /// <summary>The rule.</summary>
    public Rule Rule => Place.Rule!;

    /// <summary>The match that did not say yes; null when another condition failed.</summary>
    public Match? FailedMatch { get; init; }

    /// <summary>What <see cref="FailedMatch"/> said.</summary>
    public MatchResult MatchResult { get; init; }

    /// <summary>The value that the failed condition saw: an address, an interface, a protocol number.</summary>
    public object? Seen { get; init; }

    /// <summary>The rule's counters after it matched, this packet included.</summary>
    public RuleCounters Counters { get; init; }

    /// <summary>What the rule's target said; null for a rule without an extension's target.</summary>
    public TargetVerdict? TargetVerdict { get; internal set; }

    /// <summary>Why the rule did not match, or what it did.</summary>
    public string Why => RuleWords.Why(this);

    /// <inheritdoc/>
    public override string Text => $"{Place}: {(IsMatch ? "matches" : "no, " + Why)}";
}
