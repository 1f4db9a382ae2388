using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>What the kernel knows when it checks a use of an extension (<c>struct xt_mtchk_param</c>, <c>xt_tgchk_param</c>).</summary>
/// <param name="Rule">The rule that the use stands in.</param>
/// <param name="Table">The table.</param>
/// <param name="Hooks">The hooks from which the rule can be reached.</param>
/// <param name="Environment">Names and objects outside the rule.</param>
public readonly record struct RuleCheck(Rule Rule, TableDefinition Table, Hooks Hooks, RuleEnvironment Environment)
{
    /// <summary>The states that rules share by name, with those that rules before this one make; null when nobody knows them.</summary>
    internal NamedStates? Named { get; init; }

    /// <summary>The family.</summary>
    public IpFamily Family => Rule.Family;

    /// <summary>Whether the rule is for one protocol, not inverted.</summary>
    public bool Is(byte protocol) => Rule.Ip.Protocol == protocol && !Rule.Ip.Has(IpSpecFlags.NotProtocol);

    /// <summary>Whether the rule can be reached from one of some hooks.</summary>
    public bool ReachesAny(Hooks hooks) => (Hooks & hooks) != 0;
}
