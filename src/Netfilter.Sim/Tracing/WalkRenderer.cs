using System.Globalization;
using System.Text;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Tracing;

/// <summary>Writes a walk as a person who knows iptables reads it (<see cref="Walk.Explain"/>).</summary>
internal sealed class WalkRenderer
{
    // Of a long run of rules that do not match, so many are shown at either end.
    private const int ShownOfRun = 2;

    private readonly Walk _walk;
    private readonly StringBuilder _text = new();
    private readonly List<RuleStep> _misses = [];
    private Hook? _hook;
    private int _life = -1;
    private int _depth;

    private WalkRenderer(Walk walk) => _walk = walk;

    public static string Render(Walk walk) => new WalkRenderer(walk).Write();

    private string Write()
    {
        List<TraceStep> steps = _walk.Recorder.Steps;
        List<PacketLife> lives = _walk.Recorder.Lives;
        foreach (TraceStep step in steps)
        {
            WriteStep(step);
        }
        WriteMisses();
        foreach (PacketLife life in lives)
        {
            if (steps.Count == 0)
            {
                Line(0, Heading(life));
                Line(1, $"=> {life.Fate}");
            }
        }
        return _text.ToString();
    }

    private void WriteStep(TraceStep step)
    {
        if (step is RuleStep { IsMatch: false } miss)
        {
            _misses.Add(miss);
            return;
        }
        WriteMisses();
        if (step is LifeStep life)
        {
            _life = life.Life;
            _hook = null;
            Line(0, life.Text);
            return;
        }
        if (step is FateStep)
        {
            Line(1, step.Text);
            _hook = null;
            return;
        }
        if (step.Life != _life)
        {
            _life = step.Life;
            _hook = null;
            Line(0, $"packet {Number(_life)} goes on");
        }
        if (step.Hook is Hook hook && hook != _hook)
        {
            Line(1, Rules.TableDefinition.ChainOf(hook));
        }
        _hook = step.Hook;
        switch (step)
        {
            case ChainEnterStep enter:
                _depth = enter.How == ChainEntry.Hook ? 0 : _depth + (enter.How == ChainEntry.Jump ? 1 : 0);
                Line(2 + _depth, enter.How == ChainEntry.Hook ? $"{enter.Table}" : $"{enter.Chain.Name}");
                break;
            case ChainReturnStep back:
                _depth = Math.Max(0, _depth - 1);
                Line(3 + _depth, back.Text);
                break;
            case RuleStep rule:
                WriteMatch(rule);
                break;
            case PolicyStep:
                Line(3, step.Text);
                break;
            default:
                Line(step.Hook is null ? 1 : 2, step.Text);
                break;
        }
    }

    private void WriteMatch(RuleStep step)
    {
        string number = Number(step.Place.Number);
        Line(3 + _depth, $"{number} yes  {RuleText.Of(step.Rule)}");
        string pad = new(' ', number.Length + 6);
        string origin = step.Rule.Origin is null ? "" : $"  ({step.Rule.Origin})";
        Line(3 + _depth, $"{pad}{step.Why}  {step.Counters}{origin}");
    }

    private void WriteMisses()
    {
        bool isLong = _misses.Count > (2 * ShownOfRun) + 1;
        for (int i = 0; i < _misses.Count; i++)
        {
            if (isLong && i == ShownOfRun)
            {
                int last = _misses.Count - ShownOfRun - 1;
                string range = $"{Number(_misses[i].Place.Number)}-{Number(_misses[last].Place.Number)}";
                Line(3 + _depth, $"{range} no   {Number(last - i + 1)} rules: {Summary(_misses.GetRange(i, last - i + 1))}");
                i = last;
                continue;
            }
            WriteMiss(_misses[i]);
        }
        _misses.Clear();
    }

    private void WriteMiss(RuleStep step)
    {
        string number = Number(step.Place.Number);
        Line(3 + _depth, $"{number} no   {RuleText.Of(step.Rule)}");
        Line(3 + _depth, $"{new string(' ', number.Length + 6)}{step.Why}");
    }

    // What kept the packet out of a run of rules, most frequent first.
    private static string Summary(List<RuleStep> misses) => string.Join(", ", misses
        .GroupBy(step => step.Failed == RuleCondition.Match ? $"-m {step.FailedMatch!.Declaration.Name}" : step.Failed switch
        {
            RuleCondition.Source => "source",
            RuleCondition.Destination => "destination",
            RuleCondition.InInterface => "in interface",
            RuleCondition.OutInterface => "out interface",
            RuleCondition.Protocol => "protocol",
            _ => "fragment",
        })
        .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => group.Count() == misses.Count ? $"{group.Key} differs" : $"{group.Key} differs ({Number(group.Count())})"));

    private static string Heading(PacketLife life) => LifeStep.Describe(life);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Line(int depth, string text) => _text.Append(' ', depth * 2).Append(text).Append('\n');
}
