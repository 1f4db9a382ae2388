using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m helper</c>: the helper that expected the packet's connection (<c>net/netfilter/xt_helper.c helper_mt</c>,
/// <c>struct xt_helper_info</c>).
/// </summary>
/// <param name="Helper">The name, or the beginning of names; empty for any.</param>
/// <param name="IsNegated"><c>! --helper</c>.</param>
public sealed record HelperMatch(string Helper, bool IsNegated = false) : Match
{
    private const byte Name = 0, NotExpected = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "helper",
        Summary = "Matches the helper that expected the packet's connection.",
        Source = "net/netfilter/xt_helper.c, extensions/libxt_helper.c",
        Options =
        [
            new("helper", OptionKind.Text)
            {
                Required = true, Invertible = true, KeptBytes = 29, ValueName = "name", Help = "The helper.", Sample = _ => "ftp",
            },
        ],
        Build = values => new HelperMatch(values.Get<string>("helper"), values.IsInverted("helper")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.QuotedOption("helper", Helper, IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("helper match ").Raw(IsNegated ? "! " : "").Raw('"').Raw(Helper).Raw('"');

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        int id = context.Packet.Connection;
        ConnectionTable table = context.Walk.Conntrack.Table;
        int master = id >= 0 && table.HasExtension(id) ? table.ReadExtension(id).Master : -1;
        string? helper = master >= 0 && table.HasExtension(master) ? table.ReadExtension(master).Helper?.Name : null;
        if (helper is null)
        {
            return MatchResult.When(IsNegated, NotExpected);
        }
        bool fits = helper.StartsWith(Helper, StringComparison.Ordinal);
        return MatchResult.When(fits != IsNegated, Name);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NotExpected
        ? "no helper expected the connection"
        : $"the helper {((result.Answer == MatchAnswer.Yes) != IsNegated ? "is" : "is not")} {Helper}";
}
