using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>Nobody watches.</summary>
internal readonly struct NoObserver : IRuleObserver
{
    public static bool Watches => false;

    public void Enter(Hook hook, Chain chain, ChainEntry how)
    {
    }

    public void Miss(Hook hook, Chain chain, int index, RuleCondition condition, Match? match, MatchResult result, PacketBuffer packet)
    {
    }

    public void Hit(Hook hook, Chain chain, int index, RuleCounters counters)
    {
    }

    public void Acted(TargetVerdict verdict, PacketBuffer packet)
    {
    }

    public void Return(Hook hook, Chain from, Chain to)
    {
    }

    public void Policy(Hook hook, Chain chain, RuleCounters counters)
    {
    }
}
