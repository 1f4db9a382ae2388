using System.Runtime.CompilerServices;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Walks a packet through a table (<c>net/ipv4/netfilter/ip_tables.c ipt_do_table</c>,
/// <c>net/ipv6/netfilter/ip6_tables.c ip6t_do_table</c>). Loops are refused at load, so every walk ends, and the jump stack
/// is never deeper than the table has chains.
/// </summary>
internal ref struct ChainWalker<TAddress, TObserver>
    where TAddress : struct, IAddress<TAddress>
    where TObserver : struct, IRuleObserver
{
    private readonly TableInstance<TAddress> _table;
    private readonly Hook _hook;
    private readonly PacketBuffer _packet;
    private readonly WalkContext _walk;
    private readonly TObserver _observer;
    private readonly TransportView _transport;
    private readonly bool _mayIndex;
    private readonly int _bottom;
    private PacketKey<TAddress> _key;
    private int _slot;
    private int _rule;

    private ChainWalker(TableInstance<TAddress> table, Hook hook, PacketBuffer packet, WalkContext walk, TObserver observer)
    {
        (_table, _hook, _packet, _walk, _observer) = (table, hook, packet, walk, observer);
        _transport = new TransportView(packet);
        _mayIndex = !TObserver.Watches && !walk.IsLinear && _transport.IsWhole;
        _bottom = walk.Jumps.Depth;
        _key = new PacketKey<TAddress>(packet);
        _slot = table.RootOf(hook);
    }

    private enum Step : byte
    {
        /// <summary>The same chain, from <see cref="_rule"/> on.</summary>
        Next,

        /// <summary>As before, and the packet may have been changed.</summary>
        Changed,

        /// <summary>A match does not say yes.</summary>
        Miss,

        /// <summary>All matches say yes, but one saw that the packet is to be dropped.</summary>
        Doomed,

        /// <summary>Another chain: <see cref="_slot"/>, from <see cref="_rule"/> on.</summary>
        Elsewhere,

        Accept,
        Drop,
        Stolen,

        /// <summary>To a program that does not listen: it is gone, and its sender is not told.</summary>
        Queue,

        /// <summary>The same, but it may pass then.</summary>
        QueueBypass,
        Unknown,
    }

    private readonly Chain Source => _table.Loaded(_slot).Source!;

    public static Verdict Walk(TableInstance<TAddress> table, Hook hook, PacketBuffer packet, WalkContext walk, TObserver observer)
    {
        ChainWalker<TAddress, TObserver> walker = new(table, hook, packet, walk, observer);
        if (TObserver.Watches)
        {
            observer.Enter(hook, table.Loaded(walker._slot).Source!, ChainEntry.Hook);
        }
        Step step;
        do
        {
            step = walker.WalkChain();
        }
        while (step == Step.Elsewhere);
        walk.Jumps.CutTo(walker._bottom);
        return step switch
        {
            Step.Accept => Verdict.Accept,
            Step.Drop => Verdict.Drop,
            Step.Stolen => Verdict.Stolen,
            Step.Queue => Verdict.Queue,
            Step.QueueBypass => Verdict.QueueBypass,
            _ => Verdict.Unknown,
        };
    }

    private Step WalkChain()
    {
        // A copy: the slots may be replaced by a target, never during a chain's rules.
        ChainSlot<TAddress> at = _table.Slot(_slot);
        if (_mayIndex && at.Rules.Length >= ChainIndex<TAddress>.FewestRules && _table.Loaded(_slot).Code.Index is { } index)
        {
            return WalkIndexed(at, index);
        }
        for (int rule = _rule; (uint)rule < (uint)at.Rules.Length; rule++)
        {
            Step step = Compare(at, rule);
            if (step == Step.Changed)
            {
                _key = new PacketKey<TAddress>(_packet);
            }
            else if (step != Step.Next)
            {
                return step;
            }
        }
        return EndOfChain();
    }

    private Step WalkIndexed(in ChainSlot<TAddress> at, ChainIndex<TAddress> index)
    {
        ChainIndex<TAddress>.Cursor cursor = index.Find(_key, _transport);
        int rule = index.Next(ref cursor, _rule);
        while ((uint)rule < (uint)at.Rules.Length)
        {
            Step step = Compare(at, rule);
            if (step == Step.Changed)
            {
                _key = new PacketKey<TAddress>(_packet);
                cursor = index.Find(_key, _transport);
            }
            else if (step != Step.Next)
            {
                return step;
            }
            rule = index.Next(ref cursor, rule + 1);
        }
        return EndOfChain();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Step Compare(in ChainSlot<TAddress> at, int rule)
    {
        RuleCondition failed = CheckBase(ref at.Rules[rule]);
        if (failed == RuleCondition.None)
        {
            return TryRule(at, rule);
        }
        return TObserver.Watches || failed == RuleCondition.BrokenHeaders ? Miss(rule, failed) : Step.Next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly RuleCondition CheckBase(ref RuleCode<TAddress> rule)
    {
        if (!TObserver.Watches && rule.IsPlain && !_key.IsBroken)
        {
            return rule.FitsPlain(_key) ? RuleCondition.None : RuleCondition.Destination;
        }
        return rule.Check(_key, rule.Interfaces == 0 ? [] : _table.Loaded(_slot).Code.InterfaceTests);
    }

    private readonly Step Miss(int rule, RuleCondition failed)
    {
        if (TObserver.Watches)
        {
            _observer.Miss(_hook, Source, rule, failed, null, default, _packet);
        }
        if (failed != RuleCondition.BrokenHeaders)
        {
            return Step.Next;
        }
        _walk.Blame(Fate.Dropped(PlaceOf(rule), "the IPv6 extension headers are broken"));
        return Step.Drop;
    }

    private Step TryRule(in ChainSlot<TAddress> at, int rule)
    {
        ref readonly RuleCode<TAddress> code = ref at.Rules[rule];
        if (!TObserver.Watches && code.Test != InlineKind.None && CanAsk(code.Test))
        {
            if (!Ask(code))
            {
                return Step.Next;
            }
        }
        else if (code.MatchCount != 0 && TryMatches(rule, code) is Step step and not Step.Next)
        {
            return step switch
            {
                Step.Miss => Step.Next,
                Step.Doomed => ActAndDrop(at, rule),
                _ => step,
            };
        }
        return Hit(at, rule, code);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Step Hit(in ChainSlot<TAddress> at, int rule, in RuleCode<TAddress> code)
    {
        _table.Count(at.FirstCounter + rule, _packet.Length);
        if (TObserver.Watches)
        {
            _observer.Hit(_hook, Source, rule, _table.ReadCounter(at.FirstCounter + rule));
        }
        if (_packet.Trace)
        {
            TraceLines.Rule(_walk, _packet, _table.Name, Source, rule, code.EndsChain);
        }
        return Act(rule, code);
    }

    // The rule counts and its target acts, but where it leads is not followed any more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Step ActAndDrop(in ChainSlot<TAddress> at, int rule)
    {
        Step acted = Hit(at, rule, at.Rules[rule]);
        return acted == Step.Unknown ? acted : DropMalformed(rule);
    }

    private readonly Step DropMalformed(int rule)
    {
        _walk.Blame(Fate.Dropped(PlaceOf(rule), "the packet is malformed"));
        return Step.Drop;
    }

    private readonly bool CanAsk(InlineKind test) => test > InlineKind.DestinationPort || _transport.IsWhole;

    private readonly bool Ask(in RuleCode<TAddress> code) => code.TestIsInverted != code.Test switch
    {
        InlineKind.Header => true,
        InlineKind.DestinationPort => _transport.DestinationPort == code.TestValue,
        InlineKind.Chance => _walk.Chance.Decide(ChancePurpose.Statistic, code.TestValue),
        InlineKind.Mark => (_packet.Mark & code.TestMask) == code.TestValue,
        _ => ((uint)ConntrackStateText.Of(_packet) & code.TestValue) != 0,
    };

    // Next: all said yes; Doomed: that, too, but the packet is to be dropped then.
    private readonly Step TryMatches(int rule, in RuleCode<TAddress> code)
    {
        ref readonly LoadedChain<TAddress> chain = ref _table.Loaded(_slot);
        bool isDoomed = false;
        for (int i = code.FirstMatch; i < code.FirstMatch + code.MatchCount; i++)
        {
            Match match = chain.Code.Matches[i];
            MatchResult result = match.Evaluate(new MatchContext(_packet, _hook, _walk, StateOf(chain, chain.Code.MatchStates, i)));
            if (result.Answer == MatchAnswer.YesThenDrop)
            {
                isDoomed = true;
            }
            else if (result.Answer != MatchAnswer.Yes)
            {
                Step step = MatchFailed(rule, match, result);
                return isDoomed && step == Step.Miss ? DropMalformed(rule) : step;
            }
        }
        return isDoomed ? Step.Doomed : Step.Next;
    }

    private static int StateOf(in LoadedChain<TAddress> chain, int[]? states, int of) =>
        states is null || states[of] < 0 ? -1 : chain.StateSlots[states[of]];

    private readonly Step MatchFailed(int rule, Match match, in MatchResult result)
    {
        if (TObserver.Watches)
        {
            _observer.Miss(_hook, Source, rule, RuleCondition.Match, match, result, _packet);
        }
        switch (result.Answer)
        {
            case MatchAnswer.No:
                return Step.Miss;
            case MatchAnswer.HotDrop:
                return DropMalformed(rule);
            default:
                string reason = match.NotModelled ?? match.Explain(result);
                _walk.Blame(Fate.Unknown($"-m {match.Declaration.Name}: {reason}", PlaceOf(rule)));
                return Step.Unknown;
        }
    }

    private Step Act(int rule, in RuleCode<TAddress> code)
    {
        switch (code.Action)
        {
            case RuleAction.Continue:
                return Step.Next;
            case RuleAction.Accept:
                return Step.Accept;
            case RuleAction.Drop:
                _walk.Blame(Fate.Dropped(PlaceOf(rule)));
                return Step.Drop;
            case RuleAction.Queue:
                _walk.Blame(Fate.Dropped(PlaceOf(rule), "queued, and nobody listens"));
                return Step.Queue;
            case RuleAction.Return:
                return Return();
            case RuleAction.Jump:
                _walk.Jumps.Push(_slot, rule + 1);
                return Call(code.Argument, ChainEntry.Jump);
            case RuleAction.Goto:
                return Call(code.Argument, ChainEntry.Goto);
            case RuleAction.Translate when !TObserver.Watches:
                return Translate(rule, code);
            default:
                return ActExtension(rule, code);
        }
    }

    private readonly Step Translate(int rule, in RuleCode<TAddress> code)
    {
        NatRange range = SingleNatRange.Unpack(code.TestValue, code.TestMask);
        if (_walk.Nat.SetupInfo(_packet, range, NatManip.Destination, _walk) == Verdict.Accept)
        {
            return Step.Accept;
        }
        _walk.Blame(Fate.Dropped(PlaceOf(rule)));
        return Step.Drop;
    }

    private Step Call(int slot, ChainEntry how)
    {
        (_slot, _rule) = (slot, 0);
        if (TObserver.Watches)
        {
            _observer.Enter(_hook, Source, how);
        }
        return Step.Elsewhere;
    }

    private readonly Step ActExtension(int rule, in RuleCode<TAddress> code)
    {
        ref readonly LoadedChain<TAddress> chain = ref _table.Loaded(_slot);
        ExtensionTarget target = chain.Code.Targets[code.Argument];
        int state = StateOf(chain, chain.Code.TargetStates, code.Argument);
        TargetVerdict verdict = target.Evaluate(new TargetContext(_packet, _hook, _walk, state));
        if (TObserver.Watches)
        {
            _observer.Acted(verdict, _packet);
        }
        switch (verdict)
        {
            case TargetVerdict.Continue:
                return Step.Changed;
            case TargetVerdict.Accept or TargetVerdict.Return:
                // Only the built-in RETURN goes back; to x_tables any other number from a target is a verdict.
                return Step.Accept;
            case TargetVerdict.Stolen:
                _walk.Blame(Fate.Held($"taken over by {target.Name}") with { Place = PlaceOf(rule) });
                return Step.Stolen;
            case TargetVerdict.Unknown:
                string reason = target.NotModelled ?? "what the target would do is not modelled";
                _walk.Blame(Fate.Unknown($"-j {target.Name}: {reason}", PlaceOf(rule)));
                return Step.Unknown;
            case TargetVerdict.Queue:
                _walk.Blame(Fate.Dropped(PlaceOf(rule), "queued, and nobody listens"));
                return Step.Queue;
            case TargetVerdict.QueueBypass:
                return Step.QueueBypass;
            default:
                _walk.Blame(_walk.TakeRejection() is string with
                    ? Fate.Rejected(PlaceOf(rule), with)
                    : Fate.Dropped(PlaceOf(rule)));
                return Step.Drop;
        }
    }

    private Step EndOfChain()
    {
        if (_packet.Trace && !Source.IsBuiltIn)
        {
            TraceLines.End(_walk, _packet, _table.Name, Source);
        }
        return Return();
    }

    private Step Return()
    {
        if (_walk.Jumps.Depth == _bottom)
        {
            return Policy();
        }
        int from = _slot;
        (_slot, _rule) = _walk.Jumps.Pop();
        if (TObserver.Watches)
        {
            _observer.Return(_hook, _table.Loaded(from).Source!, Source);
        }
        return Step.Elsewhere;
    }

    private readonly Step Policy()
    {
        int slot = _table.RootOf(_hook);
        ref readonly ChainSlot<TAddress> root = ref _table.Slot(slot);
        Chain chain = _table.Loaded(slot).Source!;
        int counter = root.FirstCounter + root.Rules.Length;
        _table.Count(counter, _packet.Length);
        if (TObserver.Watches)
        {
            _observer.Policy(_hook, chain, _table.ReadCounter(counter));
        }
        if (_packet.Trace)
        {
            TraceLines.End(_walk, _packet, _table.Name, chain);
        }
        if (chain.Policy == ChainPolicy.Accept)
        {
            return Step.Accept;
        }
        _walk.Blame(Fate.Dropped(new RulePlace(_table.Name, chain, 0)));
        return Step.Drop;
    }

    private readonly RulePlace PlaceOf(int rule) => new(_table.Name, Source, rule + 1);
}
