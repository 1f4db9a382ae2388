namespace Netfilter.Sim.Routing;

/// <summary>Policy rules: which table is asked (<c>net/core/fib_rules.c fib_rules_lookup</c>, <c>fib_rule_match</c>).</summary>
internal sealed partial class Fib
{
    private readonly CompiledRule[] _rulesV4;
    private readonly CompiledRule[] _rulesV6;
    private readonly DeviceFlags[] _settings;
    private readonly bool _hasOnlyDefaultRulesV6;

    /// <summary>What the sysctls mean for an interface.</summary>
    public ref readonly DeviceFlags Flags(NetDevice device) => ref _settings[device.Index];

    private CompiledRule Compile(PolicyRule rule, NetworkConfiguration configuration) => new(
        rule,
        rule.InInterface is null ? 0 : configuration.FindDevice(rule.InInterface)?.Index ?? -1,
        rule.OutInterface is null ? 0 : configuration.FindDevice(rule.OutInterface)?.Index ?? -1,
        _tablesV4.GetValueOrDefault(rule.Table) ?? NoTableV4,
        _tablesV6.GetValueOrDefault(rule.Table) ?? NoTableV6);

    /// <summary>
    /// Looks up the way to an IPv4 address (<c>fib_lookup</c>). The result's type tells of failure:
    /// <see cref="RouteType.Unspecified"/> for no route, or one of the types that throw packets away.
    /// </summary>
    public RouteResult LookupV4(in RouteKey key)
    {
        if (!Configuration.HasCustomRulesV4)
        {
            RouteResult? found = FindV4(_mainV4, key);
            if (!_defaultV4.IsEmpty && (found is null || ThrowsAway(found.Type)))
            {
                found = FindV4(_defaultV4, key);
            }
            return found is null or { Type: RouteType.Throw } ? NoRoute : found;
        }
        for (int i = 0; i < _rulesV4.Length; i++)
        {
            ref readonly CompiledRule rule = ref _rulesV4[i];
            if (!rule.Selects(key))
            {
                continue;
            }
            if (rule.Rule.Action == PolicyAction.Goto)
            {
                i = Target(_rulesV4, rule.Rule.GotoPriority, i);
                continue;
            }
            RouteResult? result = rule.Rule.Action == PolicyAction.Lookup ? FindV4(rule.TableV4, key) : RejectionBy(rule.Rule.Action);
            if (result is not null && result.Type != RouteType.Throw && !IsSuppressed(rule.Rule, result))
            {
                return result;
            }
        }
        return NoRoute;
    }

    /// <summary>Looks up the way to an IPv6 address (<c>fib6_rule_lookup</c>).</summary>
    public RouteResult LookupV6(in RouteKey key)
    {
        if (_hasOnlyDefaultRulesV6)
        {
            RouteResult? found = FindV6(_localV6, key);
            found = found is null or { Type: RouteType.Throw } ? FindV6(_mainV6, key) : found;
            return found is null or { Type: RouteType.Throw } ? NoRoute : found;
        }
        for (int i = 0; i < _rulesV6.Length; i++)
        {
            ref readonly CompiledRule rule = ref _rulesV6[i];
            if (!rule.Selects(key))
            {
                continue;
            }
            if (rule.Rule.Action == PolicyAction.Goto)
            {
                i = Target(_rulesV6, rule.Rule.GotoPriority, i);
                continue;
            }
            RouteResult? result = rule.Rule.Action == PolicyAction.Lookup ? FindV6(rule.TableV6, key) : RejectionBy(rule.Rule.Action);
            if (result is not null && result.Type != RouteType.Throw && !IsSuppressed(rule.Rule, result))
            {
                return result;
            }
        }
        return NoRoute;
    }

    /// <summary>Index of the rule before the one that a goto leads to; only forward, and nowhere when there is none.</summary>
    private static int Target(CompiledRule[] rules, uint priority, int from)
    {
        for (int i = from + 1; i < rules.Length; i++)
        {
            if (rules[i].Rule.Priority == priority)
            {
                return i - 1;
            }
        }
        return from;
    }

    private static RouteResult? RejectionBy(PolicyAction action) => action switch
    {
        PolicyAction.Blackhole => Blackhole,
        PolicyAction.Unreachable => Unreachable,
        PolicyAction.Prohibit => Prohibit,
        _ => null,
    };

    /// <summary><c>fib4_rule_suppress</c>, <c>fib6_rule_suppress</c>.</summary>
    private static bool IsSuppressed(PolicyRule rule, RouteResult result) =>
        result.PrefixLength <= rule.SuppressPrefixLength
        || (rule.SuppressGroup >= 0 && result.Device?.Group == (uint)rule.SuppressGroup);

    private sealed record CompiledRule(
        PolicyRule Rule, int InIndex, int OutIndex, FibTable<uint> TableV4, FibTable<UInt128> TableV6)
    {
        /// <summary><c>fib_rule_match</c>, <c>fib4_rule_match</c>, <c>fib6_rule_match</c>.</summary>
        public bool Selects(in RouteKey key)
        {
            bool fits = (InIndex == 0 || InIndex == key.InIndex)
                && (OutIndex == 0 || OutIndex == key.OutIndex)
                && ((Rule.Mark ^ key.Mark) & Rule.MarkMask) == 0
                && (Rule.Uids is not { } uids || (key.Uid is { } uid && uid >= uids.Low && uid <= uids.High))
                && (Rule.From is not { } from || from.Contains(key.Source))
                && (Rule.To is not { } to || to.Contains(key.Destination))
                && (Rule.Tos == 0 || Rule.Tos == (key.Tos & 0xfc))
                && (Rule.IpProtocol == 0 || Rule.IpProtocol == key.Protocol)
                && (Rule.SourcePorts is not { } source || (key.SourcePort >= source.Low && key.SourcePort <= source.High))
                && (Rule.DestinationPorts is not { } destination
                    || (key.DestinationPort >= destination.Low && key.DestinationPort <= destination.High));
            return fits != Rule.IsInverted;
        }
    }
}
