using System.Collections.Immutable;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Rules;

/// <summary>What a rule does with a packet that matched: a verdict, a jump, or an extension's target. Immutable.</summary>
public abstract record Target
{
    /// <summary>The name after <c>-j</c>, or the chain's after <c>-g</c>.</summary>
    public abstract string Name { get; }
}

/// <summary>One of the verdicts that x_tables knows itself: <c>ACCEPT</c>, <c>DROP</c>, <c>QUEUE</c>, <c>RETURN</c>.</summary>
public sealed record VerdictTarget : Target
{
    private VerdictTarget(TargetVerdict verdict, string name) => (Verdict, Name) = (verdict, name);

    /// <summary><c>-j ACCEPT</c>.</summary>
    public static VerdictTarget Accept { get; } = new(TargetVerdict.Accept, "ACCEPT");

    /// <summary><c>-j DROP</c>.</summary>
    public static VerdictTarget Drop { get; } = new(TargetVerdict.Drop, "DROP");

    /// <summary><c>-j QUEUE</c>: nobody listens, so the packet is dropped.</summary>
    public static VerdictTarget Queue { get; } = new(TargetVerdict.Queue, "QUEUE");

    /// <summary><c>-j RETURN</c>.</summary>
    public static VerdictTarget Return { get; } = new(TargetVerdict.Return, "RETURN");

    /// <summary>The verdict.</summary>
    public TargetVerdict Verdict { get; }

    /// <inheritdoc/>
    public override string Name { get; }
}

/// <summary>A jump (<c>-j CHAIN</c>) or goto (<c>-g CHAIN</c>) to a user chain of the same table.</summary>
/// <param name="Chain">The chain's name.</param>
/// <param name="IsGoto">Whether the end of that chain returns to our caller and not to us.</param>
public sealed record JumpTarget(string Chain, bool IsGoto = false) : Target
{
    /// <inheritdoc/>
    public override string Name => Chain;
}

/// <summary>A target that an extension provides (<c>struct xt_target</c>).</summary>
public abstract record ExtensionTarget : Target
{
    /// <summary>The extension that this is a use of.</summary>
    public abstract TargetDeclaration Declaration { get; }

    /// <inheritdoc/>
    public sealed override string Name => Declaration.Name;

    /// <summary>What this use remembers between packets; null when nothing.</summary>
    public virtual StateDeclaration? State => null;

    /// <summary>Named states that must stay for as long as the rule does, besides <see cref="State"/>: the sets that it names.</summary>
    public virtual ImmutableArray<StateDeclaration> HeldStates => [];

    /// <summary>Why what Linux does with this target is not modelled; null when it is.</summary>
    public virtual string? NotModelled => null;

    /// <summary>Writes the options as iptables-save does, each after one blank, in the extension's own order.</summary>
    public virtual void Save(OptionWriter writer, in PrintContext context)
    {
    }

    /// <summary>Writes the text that <c>-L</c> shows, after one blank; the same as <see cref="Save"/> unless overridden.</summary>
    public virtual void List(OptionWriter writer, in PrintContext context) => Save(writer, context);

    /// <summary>What the kernel says of this use in its place, after the checks that the declaration states as data (<c>checkentry</c>).</summary>
    public virtual KernelErrno Check(in RuleCheck check) => KernelErrno.None;

    /// <summary>What of the host's machinery has to run for as long as a rule with this target is loaded.</summary>
    public virtual RuleNeeds Needs => RuleNeeds.None;

    /// <summary>Acts on a packet. Allocates nothing unless it makes a packet, and never throws, whatever the packet.</summary>
    public abstract TargetVerdict Evaluate(in TargetContext context);
}
