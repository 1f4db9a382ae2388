using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>Makes a step of everything that happens in a table.</summary>
internal readonly struct RecordingObserver(WalkRecorder recorder, TableInstance table) : IRuleObserver
{
    public static bool Watches => true;

    public void Enter(Hook hook, Chain chain, ChainEntry how) =>
        recorder.Add(new ChainEnterStep(table.Current.Name, chain, how) { Hook = hook });

    public void Miss(
        Hook hook, Chain chain, int index, RuleCondition condition, Match? match, MatchResult result, PacketBuffer packet) =>
        recorder.Add(new RuleStep(new RulePlace(table.Current.Name, chain, index + 1), condition)
        {
            Hook = hook,
            FailedMatch = match,
            MatchResult = result,
            Seen = SeenBy(condition, packet),
        });

    public void Hit(Hook hook, Chain chain, int index, RuleCounters counters) =>
        recorder.Add(new RuleStep(new RulePlace(table.Current.Name, chain, index + 1), RuleCondition.None)
        {
            Hook = hook,
            Counters = counters,
        });

    public void Acted(TargetVerdict verdict, PacketBuffer packet) => recorder.NoteTarget(verdict, packet);

    public void Return(Hook hook, Chain from, Chain to) =>
        recorder.Add(new ChainReturnStep(table.Current.Name, from, to) { Hook = hook });

    public void Policy(Hook hook, Chain chain, RuleCounters counters) =>
        recorder.Add(new PolicyStep(table.Current.Name, chain, counters) { Hook = hook });

    private static object? SeenBy(RuleCondition condition, PacketBuffer packet) => condition switch
    {
        RuleCondition.Source => packet.Source,
        RuleCondition.Destination => packet.Destination,
        RuleCondition.InInterface => packet.InDevice,
        RuleCondition.OutInterface => packet.OutDevice,
        RuleCondition.Protocol => packet.Protocol,
        _ => null,
    };
}
