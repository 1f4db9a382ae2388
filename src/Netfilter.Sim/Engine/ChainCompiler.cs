using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>Turns a chain's rules into arrays (<see cref="CompiledChain{TAddress}"/>).</summary>
internal sealed class ChainCompiler<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    private readonly Func<string, int> _slotOf;
    private readonly List<Match> _matches = [];
    private readonly List<int> _matchStates = [];
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
    /// <param name="slotOf">Gives the slot of a user chain, or −1.</param>
    /// <exception cref="RulesetLoadException">A rule is of the other family, or names a chain that is not there.</exception>
    public static CompiledChain<TAddress> Compile(string table, Chain chain, Func<string, int> slotOf)
    {
        ChainCompiler<TAddress> compiler = new(slotOf);
        int count = chain.Rules.Count;
        RuleHead<TAddress>[] heads = new RuleHead<TAddress>[count];
        RuleBody[] bodies = new RuleBody[count];
        int[] ports = new int[count];
        int i = 0;
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Family != TAddress.Family)
            {
                throw new RulesetLoadException(table, chain.Name, i + 1, "the rule is of the other address family");
            }
            heads[i] = compiler.Head(rule.Ip);
            bodies[i] = compiler.Body(rule, out ports[i]);
            if (bodies[i].Action is RuleAction.Jump or RuleAction.Goto && bodies[i].Argument < 0)
            {
                throw new RulesetLoadException(table, chain.Name, i + 1, $"there is no chain '{rule.Target!.Name}'");
            }
            i++;
        }
        return new CompiledChain<TAddress>
        {
            Heads = heads,
            Bodies = bodies,
            Matches = [.. compiler._matches],
            MatchStates = compiler._matchStates.Exists(state => state >= 0) ? [.. compiler._matchStates] : null,
            States = [.. compiler._states],
            InterfaceTests = [.. compiler._tests],
            Calls = [.. compiler._calls],
            References = [.. compiler._references],
            Needs = compiler._needs,
            Index = ChainIndex<TAddress>.Create(heads, ports),
        };
    }

    private RuleHead<TAddress> Head(IpSpec ip)
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
        return new RuleHead<TAddress>
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

    private RuleBody Body(Rule rule, out int port)
    {
        int first = _matches.Count;
        port = -1;
        bool onlyAlways = true;
        foreach (Match match in rule.Matches)
        {
            _needs |= match.Needs;
            if (match.AlwaysMatches)
            {
                continue;
            }
            port = onlyAlways ? match.RequiredDestinationPort : port;
            onlyAlways = false;
            _matches.Add(match);
            _matchStates.Add(AddState(match.State));
        }
        RuleBody body = new()
        {
            FirstMatch = first,
            MatchCount = checked((ushort)(_matches.Count - first)),
            Argument = -1,
        };
        SetTarget(ref body, rule);
        return body;
    }

    private void SetTarget(ref RuleBody body, Rule rule)
    {
        switch (rule.Target)
        {
            case VerdictTarget verdict:
                body.Action = verdict.Verdict switch
                {
                    TargetVerdict.Accept => RuleAction.Accept,
                    TargetVerdict.Drop => RuleAction.Drop,
                    TargetVerdict.Return => RuleAction.Return,
                    _ => RuleAction.Queue,
                };
                body.EndsChain = rule.Matches.IsEmpty && IsUnconditional(rule.Ip);
                _hasEnded |= body.EndsChain;
                break;
            case JumpTarget jump:
                body.Action = jump.IsGoto ? RuleAction.Goto : RuleAction.Jump;
                body.Argument = _slotOf(jump.Chain);
                _references.Add(body.Argument);
                if (!_hasEnded)
                {
                    _calls.Add(body.Argument);
                }
                break;
            case ExtensionTarget target:
                _needs |= target.Needs;
                (body.Action, body.Target, body.Argument) = (RuleAction.Extension, target, AddState(target.State));
                _states.AddRange(target.HeldStates);
                break;
            default:
                body.Action = RuleAction.Continue;
                break;
        }
    }

    private static bool IsUnconditional(IpSpec ip) => ip.Protocol == 0 && ip.Flags == IpSpecFlags.None
        && ip.Source.Length == 0 && ip.Destination.Length == 0
        && ip.InInterface is null && ip.OutInterface is null;

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
