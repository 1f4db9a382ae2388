using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m state</c>: the old name of <c>-m conntrack --ctstate</c> (<c>net/netfilter/xt_conntrack.c conntrack_mt</c> with
/// <c>XT_CONNTRACK_STATE_ALIAS</c>).
/// </summary>
public sealed record StateMatch : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "state",
        KernelName = "conntrack",
        KernelBytes = 168,
        Summary = "Matches how the packet relates to its connection.",
        Source = "net/netfilter/xt_conntrack.c, extensions/libxt_conntrack.c",
        Revision = 3,
        Options =
        [
            new("state", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "state[,...]",
                Parse = call => ConntrackStateText.Parse(call.Argument, "state", withNat: false),
                Help = "INVALID, NEW, ESTABLISHED, RELATED or UNTRACKED.",
                Sample = source => ConntrackStateText.Format((ConntrackStates)(1 << source.Next(4))),
            },
        ],
        Build = values => new StateMatch
        {
            States = values.Get<ConntrackStates>("state"),
            IsNegated = values.IsInverted("state"),
        },
    };

    /// <summary>The states.</summary>
    public ConntrackStates States { get; init; }

    /// <summary><c>! --state</c>.</summary>
    public bool IsNegated { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("state", ConntrackStateText.Format(States), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Raw(IsNegated ? " !" : "").Word("state ").Raw(ConntrackStateText.Format(States));

    internal override InlineTest Inline => new(InlineKind.State, (uint)States, 0, IsNegated);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ConntrackStates state = ConntrackStateText.Of(context.Packet);
        return MatchResult.When((state & States) != 0 != IsNegated, 0, (ulong)state);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Text(
        "state",
        ConntrackStateText.Format((ConntrackStates)result.Seen),
        result,
        ConntrackStateText.Format(States),
        IsNegated);
}
