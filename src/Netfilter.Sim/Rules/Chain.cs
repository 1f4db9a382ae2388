namespace Netfilter.Sim.Rules;

/// <summary>A chain: its rules in order and, for a built-in one, the policy. Immutable.</summary>
public sealed record Chain
{
    // Most chains of a large ruleset are user chains of a few rules: those have nothing but the array.
    private readonly object _content;

    /// <summary>Makes a chain.</summary>
    /// <param name="name">The name: 1 to 28 bytes.</param>
    /// <param name="rules">The rules with their counters.</param>
    /// <param name="policy">ACCEPT or DROP of a built-in chain; null for a user chain.</param>
    /// <param name="policyCounters">What the policy counted.</param>
    public Chain(string name, RuleSequence rules, ChainPolicy? policy = null, RuleCounters policyCounters = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        (Name, _content) = (name, ContentOf(rules, policy, policyCounters));
    }

    /// <summary>The name: 1 to 28 bytes.</summary>
    public string Name { get; init; }

    /// <summary>The rules with their counters.</summary>
    public RuleSequence Rules
    {
        get => _content is Parts parts ? parts.Rules : RuleSequence.Of((Rule[])_content);
        init => _content = ContentOf(value, Policy, PolicyCounters);
    }

    /// <summary>ACCEPT or DROP of a built-in chain; null for a user chain.</summary>
    public ChainPolicy? Policy
    {
        get => (_content as Parts)?.Policy;
        init => _content = ContentOf(Rules, value, PolicyCounters);
    }

    /// <summary>What the policy counted.</summary>
    public RuleCounters PolicyCounters
    {
        get => (_content as Parts)?.PolicyCounters ?? default;
        init => _content = ContentOf(Rules, Policy, value);
    }

    /// <summary>Whether the chain is one of the table's own.</summary>
    public bool IsBuiltIn => Policy is not null;

    /// <summary>Compares name, policy and rules by value; counters count too.</summary>
    public bool Equals(Chain? other)
    {
        if (other is null || Name != other.Name || Policy != other.Policy || PolicyCounters != other.PolicyCounters
            || Rules.Count != other.Rules.Count)
        {
            return false;
        }
        return SharesRules(other) || HasEqualRules(other);
    }

    /// <summary>Whether the rules are the very same, as they are when only another chain was edited.</summary>
    internal bool SharesRules(Chain other) => ReferenceEquals(_content, other._content)
        || (_content is Parts parts && other._content is Parts others && parts.Rules.IsSame(others.Rules));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Policy, Rules.Count);

    private bool HasEqualRules(Chain other)
    {
        (RuleSequence rules, RuleSequence others) = (Rules, other.Rules);
        for (int i = 0; i < rules.Count; i++)
        {
            if (!rules[i].Equals(others[i]) || rules.CountersOf(i) != others.CountersOf(i))
            {
                return false;
            }
        }
        return true;
    }

    private static object ContentOf(RuleSequence rules, ChainPolicy? policy, RuleCounters policyCounters) =>
        policy is null && policyCounters == default && rules.BareRules is { } bare
            ? bare
            : new Parts(rules, policy, policyCounters);

    private sealed record Parts(RuleSequence Rules, ChainPolicy? Policy, RuleCounters PolicyCounters);
}

/// <summary>What becomes of a packet at the end of a built-in chain.</summary>
public enum ChainPolicy : byte
{
    /// <summary>It goes on.</summary>
    Accept,

    /// <summary>It is thrown away.</summary>
    Drop,
}
