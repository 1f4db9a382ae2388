using System.Collections.Immutable;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Rules;

/// <summary>
/// One <c>-m</c> of a rule: the record that the kernel would hold (<c>struct xt_entry_match</c> and the extension's own
/// info). Immutable; two are equal when they would be to <c>iptables -D</c>.
/// </summary>
public abstract record Match
{
    /// <summary>The extension that this is a use of.</summary>
    public abstract MatchDeclaration Declaration { get; }

    /// <summary>What this use remembers between packets; null when nothing.</summary>
    public virtual StateDeclaration? State => null;

    /// <summary>Named states that must stay for as long as the rule does, besides <see cref="State"/>.</summary>
    public virtual ImmutableArray<StateDeclaration> HeldStates => [];

    /// <summary>Why what Linux does with this match is not modelled; null when it is.</summary>
    public virtual string? NotModelled => null;

    /// <summary>
    /// Whether the answer depends on the packet's bytes and interfaces alone, asking twice changes nothing, and nobody
    /// can tell whether it was asked: such a match may be skipped by an index (D6).
    /// </summary>
    public virtual bool IsPure => false;

    /// <summary>Writes the options as iptables-save does, each after one blank, in the extension's own order.</summary>
    public virtual void Save(OptionWriter writer, in PrintContext context)
    {
    }

    /// <summary>Writes the text that <c>-L</c> shows, after one blank; the same as <see cref="Save"/> unless overridden.</summary>
    public virtual void List(OptionWriter writer, in PrintContext context) => Save(writer, context);

    /// <summary>What the kernel says of this use in its place, after the checks that the declaration states as data (<c>checkentry</c>).</summary>
    public virtual KernelErrno Check(in RuleCheck check) => KernelErrno.None;

    /// <summary>Whether the answer is yes whatever the packet, and nobody can tell whether it was asked (<c>comment</c>).</summary>
    public virtual bool AlwaysMatches => false;

    /// <summary>
    /// The destination port without which the answer is no, for every packet whose transport header is there in full; −1
    /// when there is no such port. An index may then skip the rule for packets to another port (D6).
    /// </summary>
    internal virtual int RequiredDestinationPort => -1;

    /// <summary>The match as numbers that the walk may ask instead, when it is of one of those kinds.</summary>
    internal virtual InlineTest Inline => default;

    /// <summary>What of the host's machinery has to run for as long as a rule with this match is loaded.</summary>
    public virtual RuleNeeds Needs => RuleNeeds.None;

    /// <summary>Whether a packet matches. Allocates nothing and never throws, whatever the packet.</summary>
    public abstract MatchResult Evaluate(in MatchContext context);

    /// <summary>Says in words what decided, for example <c>dport 443 is not 80</c>.</summary>
    /// <param name="result">What <see cref="Evaluate"/> returned.</param>
    public abstract string Explain(MatchResult result);
}
