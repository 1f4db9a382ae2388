using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions.Targets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>Turns a chain's rules into arrays (<see cref="CompiledChain{TAddress}"/>).</summary>
internal sealed class ChainCompiler<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    private readonly Func<string, int> _slotOf;
    private readonly List<Match> _matches = [];
    private readonly List<int> _matchStates = [];
    private readonly List<ExtensionTarget> _targets = [];
    private readonly List<int> _targetStates = [];
    private readonly List<StateDeclaration> _states = [];
    private readonly List<InterfaceTest> _tests = [];
    private readonly HashSet<int> _calls = [];
    private readonly HashSet<int> _references = [];
    private RuleNeeds _needs;
    private bool _hasEnded;

    private ChainCompiler(Func<string, int> slotOf) => _slotOf = slotOf;

    /// <summary>Compiles a chain.</summary>
    /// <param name="table">The table's name, for errors.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="rules">Room for as many rules as the chain has.</param>
    /// <param name="slotOf">Gives the slot of a user chain, or −1.</param>
    /// <exception cref="RulesetLoadException">A rule is of the other family, or names a chain that is not there.</exception>
    public static CompiledChain<TAddress> Compile(
        string table, Chain chain, RuleCode<TAddress>[] rules, Func<string, int> slotOf)
    {
        ChainCompiler<TAddress> compiler = new(slotOf);
        int[] ports = new int[rules.Length];
        int i = 0;
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Family != TAddress.Family)
            {
                throw new RulesetLoadException(table, chain.Name, i + 1, "the rule is of the other address family");
            }
            rules[i] = compiler.Base(rule.Ip);
            ports[i] = compiler.AddMatches(ref rules[i], rule);
            compiler.SetTarget(ref rules[i], rule);
            if (rules[i].Action is RuleAction.Jump or RuleAction.Goto && rules[i].Argument < 0)
            {
                throw new RulesetLoadException(table, chain.Name, i + 1, $"there is no chain '{rule.Target!.Name}'");
            }
            i++;
        }
        return new CompiledChain<TAddress>
        {
            Rules = rules,
            Matches = [.. compiler._matches],
            MatchStates = OrNull(compiler._matchStates),
            Targets = [.. compiler._targets],
            TargetStates = OrNull(compiler._targetStates),
            States = [.. compiler._states],
            InterfaceTests = [.. compiler._tests],
            Calls = [.. compiler._calls],
            References = [.. compiler._references],
            Needs = compiler._needs,
            Index = ChainIndex<TAddress>.Create(rules, ports),
        };
    }

    private RuleCode<TAddress> Base(IpSpec ip)
    {
        (NetPrefix source, NetPrefix destination) = (ip.Source, ip.Destination);
        int interfaces = 0;
        if (ip.InInterface is not null || ip.OutInterface is not null
            || ip.Has(IpSpecFlags.NotInInterface | IpSpecFlags.NotOutInterface))
        {
            InterfaceTest test = InterfaceTest.Of(ip.InInterface, ip.OutInterface);
            interfaces = _tests.IndexOf(test) + 1;
            if (interfaces == 0)
            {
                _tests.Add(test);
                interfaces = _tests.Count;
            }
        }
        return new RuleCode<TAddress>
        {
            Source = TAddress.From(source.Address),
            SourceMask = TAddress.From(source.Mask),
            Destination = TAddress.From(destination.Address),
            DestinationMask = TAddress.From(destination.Mask),
            Protocol = ip.Protocol,
            Interfaces = checked((ushort)interfaces),
            Flags = ip.Flags,
            IsPlain = interfaces == 0 && ip.Flags == IpSpecFlags.None,
        };
    }

    // Returns the destination port that the rule requires, or −1.
    private int AddMatches(ref RuleCode<TAddress> code, Rule rule)
    {
        int port = -1;
        code.FirstMatch = _matches.Count;
        foreach (Match match in rule.Matches)
        {
            _needs |= match.Needs;
            if (match.AlwaysMatches)
            {
                continue;
            }
            if (_matches.Count == code.FirstMatch)
            {
                // What a match of ports says of other protocols' headers is its own affair.
                bool ofProtocol = match.Declaration.RequiredProtocol == rule.Ip.Protocol && !rule.Ip.Has(IpSpecFlags.NotProtocol);
                port = ofProtocol ? match.RequiredDestinationPort : -1;
                InlineTest test = match.Inline;
                test = test.Kind is InlineKind.Header or InlineKind.DestinationPort && !ofProtocol ? default : test;
                (code.Test, code.TestValue, code.TestMask, code.TestIsInverted) = (test.Kind, test.Value, test.Mask, test.IsInverted);
            }
            _matches.Add(match);
            _matchStates.Add(AddState(match.State));
            _states.AddRange(match.HeldStates);
        }
        code.MatchCount = checked((ushort)(_matches.Count - code.FirstMatch));
        code.Test = code.MatchCount == 1 ? code.Test : InlineKind.None;
        return port;
    }

    private void SetTarget(ref RuleCode<TAddress> code, Rule rule)
    {
        code.Argument = -1;
        switch (rule.Target)
        {
            case VerdictTarget verdict:
                code.Action = verdict.Verdict switch
                {
                    TargetVerdict.Accept => RuleAction.Accept,
                    TargetVerdict.Drop => RuleAction.Drop,
                    TargetVerdict.Return => RuleAction.Return,
                    _ => RuleAction.Queue,
                };
                code.EndsChain = rule.Matches.IsEmpty && IsUnconditional(rule.Ip);
                _hasEnded |= code.EndsChain;
                break;
            case JumpTarget jump:
                code.Action = jump.IsGoto ? RuleAction.Goto : RuleAction.Jump;
                code.Argument = _slotOf(jump.Chain);
                _references.Add(code.Argument);
                if (!_hasEnded)
                {
                    _calls.Add(code.Argument);
                }
                break;
            case ExtensionTarget target:
                _needs |= target.Needs;
                (code.Action, code.Argument) = (RuleAction.Extension, _targets.Count);
                _targets.Add(target);
                _targetStates.Add(AddState(target.State));
                _states.AddRange(target.HeldStates);
                if (target is DnatTarget { Translation: { IsSingle: true } single } && (code.MatchCount == 0 || code.Test == InlineKind.Header))
                {
                    (code.Action, code.TestValue, code.TestMask) = (RuleAction.Translate, single.Address, single.FlagsAndPort);
                }
                break;
            default:
                code.Action = RuleAction.Continue;
                break;
        }
    }

    private static bool IsUnconditional(IpSpec ip) => ip.Protocol == 0 && ip.Flags == IpSpecFlags.None
        && ip.Source.Length == 0 && ip.Destination.Length == 0
        && ip.InInterface is null && ip.OutInterface is null;

    private static int[]? OrNull(List<int> states) => states.Exists(state => state >= 0) ? [.. states] : null;

    private int AddState(StateDeclaration? state)
    {
        if (state is null)
        {
            return -1;
        }
        _states.Add(state);
        return _states.Count - 1;
    }
}
