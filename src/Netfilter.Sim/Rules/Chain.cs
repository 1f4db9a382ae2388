namespace Netfilter.Sim.Rules;

/// <summary>A chain: its rules in order and, for a built-in one, the policy. Immutable.</summary>
/// <param name="Name">The name: 1 to 28 bytes.</param>
/// <param name="Rules">The rules with their counters.</param>
/// <param name="Policy">ACCEPT or DROP of a built-in chain; null for a user chain.</param>
/// <param name="PolicyCounters">What the policy counted.</param>
public sealed record Chain(
    string Name,
    RuleSequence Rules,
    ChainPolicy? Policy = null,
    RuleCounters PolicyCounters = default)
{
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
}

/// <summary>What becomes of a packet at the end of a built-in chain.</summary>
public enum ChainPolicy : byte
{
    /// <summary>It goes on.</summary>
    Accept,

    /// <summary>It is thrown away.</summary>
    Drop,
}
