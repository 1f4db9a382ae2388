using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Tests.Tracing;

/// <summary>
/// Derives from the recorded answers of matches and targets alone where a packet must go through a ruleset, which counters
/// that raises, what TRACE prints and what becomes of the packet; fails where the walk went another way.
/// </summary>
internal sealed class WalkDerivation(Ruleset ruleset)
{
    private readonly Dictionary<(string Table, string Chain, int Index), RuleCounters> _counters = [];

    /// <summary>How often each extension has been asked.</summary>
    public Dictionary<string, int> Asked { get; } = [];

    /// <summary>How many rules matched.</summary>
    public int Matched { get; private set; }

    /// <summary>The counters of a rule; of the policy for the index behind the last rule.</summary>
    public RuleCounters CountersOf(string table, string chain, int index) => _counters.GetValueOrDefault((table, chain, index));

    /// <summary>Follows a watched walk.</summary>
    /// <returns>The lines of TRACE.</returns>
    public List<string> Follow(Walk walk)
    {
        Dictionary<int, Life> lives = [];
        Queue<Life> onLoopback = new();
        List<string> lines = [];
        foreach (TraceStep step in walk.Steps)
        {
            switch (step)
            {
                case LifeStep begin:
                    bool isTraced = begin.Begin.Cause switch
                    {
                        LifeCause.LoopedBack => onLoopback.Dequeue().IsTraced,
                        LifeCause.Copied or LifeCause.Fragmented or LifeCause.Reassembled => lives[begin.Begin.Parent].IsTraced,
                        _ => false,
                    };
                    lives[step.Life] = new Life(this, lines) { Length = LengthOf(begin.Begin.Bytes.AsSpan()), IsTraced = isTraced };
                    break;
                case ChainEnterStep { How: ChainEntry.Hook } enter:
                    lives[step.Life].Enter(enter);
                    break;
                case RuleStep rule:
                    lives[step.Life].Try(rule);
                    break;
                case PolicyStep policy:
                    lives[step.Life].Decide(policy);
                    break;
                case FateStep fate:
                    lives[step.Life].End(fate.Fate);
                    if (fate.Fate == Fate.Replaced("comes back over lo"))
                    {
                        onLoopback.Enqueue(lives[step.Life]);
                    }
                    break;
            }
        }
        return lines;
    }

    // The host cuts off what lies behind the length that the header states.
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        int stated = bytes.Length < 20 ? 0
            : bytes[0] >> 4 == 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : 40 + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        return Math.Min(bytes.Length, stated);
    }

    private void Count(string table, Chain chain, int index, int length)
    {
        RuleCounters known = CountersOf(table, chain.Name, index);
        _counters[(table, chain.Name, index)] = new RuleCounters(known.Packets + 1, known.Bytes + (ulong)length);
    }

    private void NoteAsked(RuleStep step)
    {
        foreach (Match match in step.Rule.Matches)
        {
            Asked[match.Declaration.Name] = Asked.GetValueOrDefault(match.Declaration.Name) + 1;
            if (ReferenceEquals(match, step.FailedMatch))
            {
                return;
            }
        }
        if (step.IsMatch && step.Rule.Target is ExtensionTarget target)
        {
            Asked[target.Name] = Asked.GetValueOrDefault(target.Name) + 1;
        }
    }

    /// <summary>One packet on its way.</summary>
    private sealed class Life(WalkDerivation all, List<string> lines)
    {
        private const int AtPolicy = int.MaxValue;

        private readonly Stack<(Chain Chain, int Next)> _callers = new();
        private Table? _table;
        private Chain? _root, _chain;
        private int _next;
        private TargetVerdict? _verdict = TargetVerdict.Accept;
        private RulePlace _decidedBy;

        public required int Length { get; init; }

        public bool IsTraced { get; set; }

        public void Enter(ChainEnterStep step)
        {
            _verdict.ShouldBe(TargetVerdict.Accept, "a packet that another table did not let pass");
            _table = all.Table(step.Table);
            _root = _table.Find(step.Chain.Name)!;
            _root.IsBuiltIn.ShouldBeTrue();
            (_chain, _next, _verdict) = (_root, 0, null);
            _callers.Clear();
        }

        public void Try(RuleStep step)
        {
            LeaveFinishedChains();
            _verdict.ShouldBeNull("no rule may be tried behind a verdict");
            (step.Place.Table, step.Place.Chain.Name, step.Place.Number).ShouldBe((_table!.Name, _chain!.Name, _next + 1));
            Rule rule = _chain.Rules[_next];
            all.NoteAsked(step);
            if (!step.IsMatch)
            {
                bool ends = step.Failed == RuleCondition.BrokenHeaders || (step.FailedMatch is not null && step.MatchResult.Answer != MatchAnswer.No);
                Pass(step, ends ? step.MatchResult.Answer == MatchAnswer.Unknown ? TargetVerdict.Unknown : TargetVerdict.Drop : TargetVerdict.Continue);
                return;
            }
            all.Matched++;
            all.Count(_table.Name, _chain, _next, Length);
            Trace(EndsChain(rule) ? _chain.IsBuiltIn ? "policy" : "return" : "rule", _next + 1);
            switch (rule.Target)
            {
                case JumpTarget jump:
                    if (!jump.IsGoto)
                    {
                        _callers.Push((_chain, _next + 1));
                    }
                    (_chain, _next) = (_table.Find(jump.Chain)!, 0);
                    break;
                case VerdictTarget { Verdict: TargetVerdict.Return }:
                    Leave();
                    break;
                case ExtensionTarget target:
                    IsTraced |= target.Name == "TRACE";
                    TargetVerdict verdict = step.TargetVerdict!.Value;
                    // A queue that nobody listens at lets the packet go on: only the table has not seen it accepted.
                    Pass(step, verdict is TargetVerdict.Return or TargetVerdict.QueueBypass ? TargetVerdict.Accept : verdict);
                    break;
                default:
                    Pass(step, (rule.Target as VerdictTarget)?.Verdict ?? TargetVerdict.Continue);
                    break;
            }
        }

        public void Decide(PolicyStep step)
        {
            LeaveFinishedChains();
            _verdict.ShouldBeNull();
            (step.Table, step.Chain.Name).ShouldBe((_table!.Name, _chain!.Name));
            _next.ShouldBe(AtPolicy, "a policy decides behind the last rule");
            int count = _chain.Rules.Count;
            all.Count(_table.Name, _chain, count, Length);
            Trace("policy", count + 1);
            _verdict = _chain.Policy == ChainPolicy.Accept ? TargetVerdict.Accept : TargetVerdict.Drop;
            _decidedBy = new RulePlace(step.Table, step.Chain, 0);
        }

        public void End(in Fate fate)
        {
            FateKind[] expected = _verdict switch
            {
                TargetVerdict.Drop => [FateKind.Dropped, FateKind.Rejected],
                TargetVerdict.Queue => [FateKind.Dropped],
                TargetVerdict.Stolen => [FateKind.Held, FateKind.Replaced],
                TargetVerdict.Unknown => [FateKind.Unknown],
                _ => [],
            };
            if (expected.Length > 0)
            {
                expected.ShouldContain(fate.Kind);
                fate.Place.ToString().ShouldBe(_decidedBy.ToString(), fate.ToString());
            }
            else
            {
                fate.Place.IsSomewhere.ShouldBeFalse($"{fate}, though every table let it pass");
            }
        }

        private void Pass(RuleStep step, TargetVerdict verdict)
        {
            if (verdict == TargetVerdict.Continue)
            {
                _next++;
                return;
            }
            (_verdict, _decidedBy) = (verdict, step.Place);
        }

        // What the last rule of a chain made comes before the chain's end.
        private void LeaveFinishedChains()
        {
            while (_next >= _chain!.Rules.Count && _next != AtPolicy)
            {
                if (!_chain.IsBuiltIn)
                {
                    Trace("return", _chain.Rules.Count + 1);
                }
                Leave();
            }
        }

        private void Leave() => (_chain, _next) = _callers.TryPop(out (Chain, int) caller) ? caller : (_root, AtPolicy);

        private void Trace(string what, int number)
        {
            if (IsTraced)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{_table!.Name}:{_chain!.Name}:{what}:{number}"));
            }
        }

        private static bool EndsChain(Rule rule) => rule.Target is VerdictTarget && rule.Matches.IsEmpty
            && rule.Ip.Equals(new IpSpec(rule.Family));
    }

    private Table Table(string name) => ruleset.Tables.Single(table => table.Name == name);
}
