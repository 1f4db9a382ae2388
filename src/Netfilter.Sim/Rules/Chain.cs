namespace Netfilter.Sim.Rules;

/// <summary>A chain: its rules in order and, for a built-in one, the policy. Immutable.</summary>
public sealed record Chain
{
    private readonly PolicyPart? _policy;

    /// <summary>Makes a chain.</summary>
    /// <param name="name">The name: 1 to 28 bytes.</param>
    /// <param name="rules">The rules with their counters.</param>
    /// <param name="policy">ACCEPT or DROP of a built-in chain; null for a user chain.</param>
    /// <param name="policyCounters">What the policy counted.</param>
    public Chain(string name, RuleSequence rules, ChainPolicy? policy = null, RuleCounters policyCounters = default)
    {
        (Name, Rules) = (name, rules);
        _policy = PolicyPart.Of(policy, policyCounters);
    }

    /// <summary>The name: 1 to 28 bytes.</summary>
    public string Name { get; init; }

    /// <summary>The rules with their counters.</summary>
    public RuleSequence Rules { get; init; }

    /// <summary>ACCEPT or DROP of a built-in chain; null for a user chain.</summary>
    public ChainPolicy? Policy
    {
        get => _policy?.Policy;
        init => _policy = PolicyPart.Of(value, PolicyCounters);
    }

    /// <summary>What the policy counted.</summary>
    public RuleCounters PolicyCounters
    {
        get => _policy?.Counters ?? default;
        init => _policy = PolicyPart.Of(Policy, value);
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
        for (int i = 0; !ReferenceEquals(Rules, other.Rules) && i < Rules.Count; i++)
        {
            if (!Rules[i].Equals(other.Rules[i]) || Rules.CountersOf(i) != other.Rules.CountersOf(i))
            {
                return false;
            }
        }
        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Policy, Rules.Count);

    /// <summary>What user chains, of which there may be many, do not have.</summary>
    private sealed record PolicyPart(ChainPolicy? Policy, RuleCounters Counters)
    {
        public static PolicyPart? Of(ChainPolicy? policy, RuleCounters counters) =>
            policy is null && counters == default ? null : new PolicyPart(policy, counters);
    }
}

/// <summary>What becomes of a packet at the end of a built-in chain.</summary>
public enum ChainPolicy : byte
{
    /// <summary>It goes on.</summary>
    Accept,

    /// <summary>It is thrown away.</summary>
    Drop,
}
