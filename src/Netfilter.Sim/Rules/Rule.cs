using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Rules;

/// <summary>One rule: conditions on the header, matches in order, and what to do. Immutable; equality is by value, without the origin.</summary>
public sealed class Rule : IEquatable<Rule>
{
    // The target, or Attributed: most rules of a large ruleset have no origin.
    private readonly object? _target;

    /// <summary>Makes a rule.</summary>
    /// <param name="ip">The base part.</param>
    /// <param name="matches">The matches, in the order they are asked.</param>
    /// <param name="target">What to do; null when the rule only counts.</param>
    /// <param name="origin">Where the rule comes from.</param>
    public Rule(IpSpec ip, ImmutableArray<Match> matches, Target? target = null, RuleOrigin? origin = null)
    {
        ArgumentNullException.ThrowIfNull(ip);
        Ip = ip;
        Matches = matches.IsDefault ? [] : matches;
        _target = origin is null ? target : new Attributed(target, origin);
    }

    /// <summary>The base part: <c>-s -d -i -o -p -f</c>.</summary>
    public IpSpec Ip { get; }

    /// <summary>The matches, in the order they are asked.</summary>
    public ImmutableArray<Match> Matches { get; }

    /// <summary>What to do; null when the rule only counts.</summary>
    public Target? Target => _target is Attributed attributed ? attributed.Target : (Target?)_target;

    /// <summary>Where the rule comes from; null when nobody said.</summary>
    public RuleOrigin? Origin => (_target as Attributed)?.Origin;

    /// <summary>The family of the rule.</summary>
    public IpFamily Family => Ip.Family;

    /// <inheritdoc/>
    public bool Equals(Rule? other) => ReferenceEquals(this, other)
        || (other is not null && Ip.Equals(other.Ip) && Equals(Target, other.Target)
            && Matches.AsSpan().SequenceEqual(other.Matches.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Rule);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Ip);
        hash.Add(Target);
        foreach (Match match in Matches)
        {
            hash.Add(match);
        }
        return hash.ToHashCode();
    }

    private sealed class Attributed(Target? target, RuleOrigin origin)
    {
        public readonly Target? Target = target;
        public readonly RuleOrigin Origin = origin;
    }
}
