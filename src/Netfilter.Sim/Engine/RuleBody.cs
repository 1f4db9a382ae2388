using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>The part of a compiled rule that is read after its head matched.</summary>
internal struct RuleBody
{
    /// <summary>For <see cref="RuleAction.Extension"/>.</summary>
    public ExtensionTarget? Target;

    /// <summary>First of the rule's matches in the chain's list.</summary>
    public int FirstMatch;

    /// <summary>For <see cref="RuleAction.Jump"/> and <see cref="RuleAction.Goto"/>: the chain's slot. Otherwise the state of the target, or −1.</summary>
    public int Argument;

    public ushort MatchCount;
    public RuleAction Action;

    /// <summary>Whether TRACE calls it the end of its chain: a verdict without any condition (<c>get_chainname_rulenum</c>).</summary>
    public bool EndsChain;
}
