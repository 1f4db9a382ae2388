using System.Globalization;
using System.Text;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tracing;

/// <summary>
/// Writes a walk as a person who knows iptables reads it (<see cref="Walk.Explain"/>): a paragraph for each packet, in it
/// the hooks, tables and chains it came through, the rules with what they did or why not, and its fate.
/// </summary>
internal sealed class WalkRenderer
{
    // Runs of more rules than this that do not match are told in one line.
    private const int FoldedFrom = 3;

    private readonly Walk _walk;
    private readonly bool _showsEveryRule;
    private readonly StringBuilder _text = new();

    private WalkRenderer(Walk walk, bool showsEveryRule) => (_walk, _showsEveryRule) = (walk, showsEveryRule);

    public static string Render(Walk walk, bool showsEveryRule) => new WalkRenderer(walk, showsEveryRule).Write();

    private string Write()
    {
        if (_walk.Recorder.Steps.Count == 0)
        {
            foreach (PacketLife life in _walk.Recorder.Lives)
            {
                Line(0, new LifeStep(life, null).Text);
                Line(1, FateOf(life.Number, life.Fate));
            }
            return _text.ToString();
        }
        foreach (IGrouping<int, TraceStep> life in _walk.Recorder.Steps.GroupBy(step => step.Life).OrderBy(life => life.Key))
        {
            WriteLife(life.Key, [.. life]);
        }
        return _text.ToString();
    }

    private void WriteLife(int number, List<TraceStep> steps)
    {
        if (_text.Length > 0)
        {
            _text.Append('\n');
        }
        Hook? hook = null;
        for (int i = 0; i < steps.Count; i++)
        {
            TraceStep step = steps[i];
            if (step.Hook is not null && step.Hook != hook)
            {
                Line(1, TableDefinition.ChainOf(step.Hook.Value));
            }
            hook = step.Hook;
            switch (step)
            {
                case LifeStep:
                    Line(0, step.Text);
                    break;
                case FateStep fate:
                    Line(1, FateOf(number, fate.Fate));
                    break;
                case ChainEnterStep enter:
                    i = WriteTable(enter, steps, i + 1) - 1;
                    break;
                default:
                    Line(hook is null ? 1 : 2, step.Text);
                    break;
            }
        }
    }

    // A packet's way through one table. Returns the number of the first step after it.
    private int WriteTable(ChainEnterStep enter, List<TraceStep> steps, int next)
    {
        if (steps.ElementAtOrDefault(next) is PolicyStep only)
        {
            Line(2, $"{enter.Table}: {only.Text}");
            return next + 1;
        }
        Line(2, $"{enter.Table}:");
        Stack<Chain> callers = new();
        Chain chain = enter.Chain;
        for (; next < steps.Count; next++)
        {
            switch (steps[next])
            {
                case RuleStep { IsMatch: false }:
                    next = WriteMisses(callers.Count, chain, steps, next);
                    break;
                case RuleStep rule:
                    WriteRule(callers.Count, chain, rule);
                    break;
                case ChainEnterStep { How: ChainEntry.Jump } jump:
                    callers.Push(chain);
                    chain = jump.Chain;
                    Line(2 + callers.Count, $"{chain.Name}:");
                    break;
                case ChainEnterStep { How: ChainEntry.Goto } jump:
                    chain = jump.Chain;
                    Line(2 + callers.Count, $"{chain.Name}:");
                    break;
                case ChainReturnStep back:
                    callers.TryPop(out _);
                    chain = back.To;
                    Line(3 + callers.Count, back.Text);
                    break;
                case PolicyStep policy:
                    Line(3, policy.Text);
                    return next + 1;
                case TraceStep other when other is ChainEnterStep or LifeStep or FateStep || other.Hook != enter.Hook || IsOfHook(other):
                    return next;
                default:
                    Line(3 + callers.Count, steps[next].Text);
                    break;
            }
        }
        return next;
    }

    private static bool IsOfHook(TraceStep step) => step is ConntrackStep or RouteStep or NatStep;

    private void WriteRule(int depth, Chain chain, RuleStep step)
    {
        string number = NumberIn(chain, step.Place.Number);
        Line(3 + depth, $"{number} yes  {RuleText.Of(step.Rule)}");
        string origin = step.Rule.Origin is null ? "" : $"  from {step.Rule.Origin}";
        Line(3 + depth, $"{Blank(number)}      {step.Why}  {step.Counters}{origin}");
    }

    // A run of rules that do not match. Long runs are told in one line. Returns the number of the last step of the run.
    private int WriteMisses(int depth, Chain chain, List<TraceStep> steps, int first)
    {
        int end = first;
        while (end < steps.Count && steps[end] is RuleStep { IsMatch: false })
        {
            end++;
        }
        List<RuleStep> misses = [.. steps.GetRange(first, end - first).Cast<RuleStep>()];
        // The last one may have ended the walk: a hotdrop, or something that is not modelled.
        bool lastDecides = misses[^1].Failed == RuleCondition.BrokenHeaders
            || misses[^1].MatchResult.Answer is MatchAnswer.HotDrop or MatchAnswer.Unknown;
        int foldable = misses.Count - (lastDecides ? 1 : 0);
        bool folds = foldable > FoldedFrom && !_showsEveryRule;
        if (folds)
        {
            string range = string.Create(
                CultureInfo.InvariantCulture, $"{misses[0].Place.Number}-{misses[foldable - 1].Place.Number}");
            Line(3 + depth, $"{range} no   {Summary(misses.GetRange(0, foldable))}");
        }
        foreach (RuleStep miss in folds ? NearMisses(misses.GetRange(0, foldable)).Concat(misses.Skip(foldable)) : misses)
        {
            string number = NumberIn(chain, miss.Place.Number);
            string answer = miss.MatchResult.Answer == MatchAnswer.Unknown ? "?  " : "no ";
            Line(3 + depth, $"{number} {answer}  {RuleText.Of(miss.Rule)}");
            Line(3 + depth, $"{Blank(number)}      {miss.Why}");
        }
        return end - 1;
    }

    // The few rules of a run that failed otherwise than the rest: often those that somebody expected to match.
    private static List<RuleStep> NearMisses(List<RuleStep> misses)
    {
        RuleCondition usual = misses.GroupBy(step => step.Failed).MaxBy(group => group.Count())!.Key;
        List<RuleStep> others = misses.FindAll(step => step.Failed != usual);
        return others.Count <= FoldedFrom ? others : [];
    }

    // What kept the packet out of a run of rules, most frequent first.
    private static string Summary(List<RuleStep> misses)
    {
        IEnumerable<string> reasons = misses
            .GroupBy(step => step.Failed == RuleCondition.Match ? "-m " + step.FailedMatch!.Declaration.Name : step.Failed switch
            {
                RuleCondition.Source => "source",
                RuleCondition.Destination => "destination",
                RuleCondition.InInterface => "in interface",
                RuleCondition.OutInterface => "out interface",
                RuleCondition.Protocol => "protocol",
                _ => "fragment",
            })
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Count() == misses.Count
                ? group.Key
                : string.Create(CultureInfo.InvariantCulture, $"{group.Key} {group.Count()} times"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{misses.Count} rules do not match: {string.Join(", ", reasons)}");
    }

    private string FateOf(int life, in Fate fate)
    {
        PacketLife known = _walk.Recorder.Lives[life];
        string before = PacketWords.Of(Packet.Parse(known.Bytes.AsSpan()));
        string[] after = [.. _walk.Emitted.Where(packet => packet.Life == life).Select(packet => PacketWords.Of(packet.Packet))
            .Concat(_walk.Delivered.Where(packet => packet.Life == life).Select(packet => PacketWords.Of(packet.Packet)))];
        bool isOwn = known.Cause is LifeCause.Sent or LifeCause.Answered or LifeCause.MadeByRule;
        string words = fate.Kind == FateKind.Forwarded && isOwn ? $"=> Sent by {fate.Device}" : $"=> {fate}";
        return after is [var single] && single != before ? $"{words} as {single}"
            : after.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"{words} in {after.Length} packets")
            : words;
    }

    private static string NumberIn(Chain chain, int number) => number.ToString(CultureInfo.InvariantCulture)
        .PadLeft(chain.Rules.Count.ToString(CultureInfo.InvariantCulture).Length);

    private static string Blank(string text) => new(' ', text.Length);

    private void Line(int depth, string text) => _text.Append(' ', depth * 2).Append(text).Append('\n');
}
