using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Who watches a walk through a table. A struct, so that the walk is compiled once per observer, and for the one that does
/// not watch to code without a trace (D7).
/// </summary>
internal interface IRuleObserver
{
    /// <summary>Whether anything is to be reported; a constant to the compiler.</summary>
    static abstract bool Watches { get; }

    /// <summary>The packet comes to a chain.</summary>
    void Enter(Hook hook, Chain chain, ChainEntry how);

    /// <summary>A rule does not match.</summary>
    void Miss(Hook hook, Chain chain, int index, RuleCondition condition, Match? match, MatchResult result, PacketBuffer packet);

    /// <summary>A rule matches, and has counted the packet.</summary>
    void Hit(Hook hook, Chain chain, int index, RuleCounters counters);

    /// <summary>What the target of the rule that matched last said.</summary>
    void Acted(TargetVerdict verdict, PacketBuffer packet);

    /// <summary>The packet goes back to a calling chain.</summary>
    void Return(Hook hook, Chain from, Chain to);

    /// <summary>The policy decides.</summary>
    void Policy(Hook hook, Chain chain, RuleCounters counters);
}
