using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m helper</c>: packets of connections that a helper expected (<c>net/netfilter/xt_helper.c helper_mt</c>). The master's own
/// packets are not among them.
/// </summary>
/// <param name="Name">The helper; a text that begins with its name will do, and an empty one stands for any.</param>
/// <param name="IsInverted">Whether all other packets are meant.</param>
public sealed record HelperMatch(string Name, bool IsInverted) : Match
{
    private const int MaxName = 29;
    private const byte NotExpected = 0, NoHelper = 1, Compared = 2;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "helper",
        KernelBytes = 40,
        Summary = "Matches connections that a conntrack helper expected.",
        Source = "net/netfilter/xt_helper.c, extensions/libxt_helper.c",
        Options =
        [
            new("helper", OptionKind.Text)
            {
                Required = true, Invertible = true, KeptBytes = MaxName, ValueName = "name", Help = "The helper, for example ftp.",
                Sample = source => source.Next(2) == 0 ? "ftp" : "a.b",
            },
        ],
        Build = values => new HelperMatch(values.Get<string>("helper"), values.IsInverted("helper")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ConnectionTracker tracker = context.Walk.Conntrack;
        int master = tracker.MasterOf(context.Packet.Connection);
        if (master < 0)
        {
            return MatchResult.When(IsInverted, NotExpected);
        }
        if (tracker.HelperOf(master) is not { } helper)
        {
            return MatchResult.When(IsInverted, NoHelper);
        }
        bool isMeant = Name.Length == 0 || Name.StartsWith(helper.Name, StringComparison.Ordinal);
        return MatchResult.When(isMeant != IsInverted, Compared);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NotExpected => "no connection expected this one",
        NoHelper => "the connection that expected this one has no helper",
        _ => $"its helper is {((result.Answer == MatchAnswer.Yes) != IsInverted ? "" : "not ")}{(Name.Length == 0 ? "there" : Name)}",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.QuotedOption("helper", Name, IsInverted);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("helper match ").Raw(IsInverted ? "! " : "").Raw('"').Raw(Name).Raw('"');
}
