using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m nfacct</c>: counts a packet in an accounting object and matches, unless the object has a quota that is not used up
/// (<c>net/netfilter/xt_nfacct.c nfacct_mt</c>, <c>nfnetlink_acct.c nfnl_acct_overquota</c>).
/// </summary>
/// <param name="Name">The object.</param>
public sealed record NfacctMatch(string Name) : Match
{
    private const int MaxName = 31;
    private const byte WithQuota = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "nfacct",
        KernelBytes = 40,
        Summary = "Counts packets in an accounting object.",
        Source = "net/netfilter/xt_nfacct.c, net/netfilter/nfnetlink_acct.c, extensions/libxt_nfacct.c",
        Options =
        [
            new("nfacct-name", OptionKind.Text)
            {
                Required = true, MinBytes = 1, KeptBytes = MaxName, ValueName = "name", Help = "The object.", Sample = _ => "http",
            },
        ],
        Build = values => new NfacctMatch(values.Get<string>("nfacct-name")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration? State => new(() => new AccountingState(), AccountingState.KeyOf(Name));

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Environment.HasAccounting(Name) ? KernelErrno.None : KernelErrno.NoEntry;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        AccountingState state = context.WriteState<AccountingState>();
        state.Count(context.Packet.Length);
        return state.HasQuota ? MatchResult.When(state.IsOverQuota(), WithQuota, state.Used) : MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == WithQuota
        ? string.Create(CultureInfo.InvariantCulture, $"{Name} has counted {result.Seen}, {(result.Answer == MatchAnswer.Yes ? "" : "not ")}more than its quota")
        : $"{Name} has counted the packet";

    /// <summary>The tool writes two blanks before the name.</summary>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Flag("nfacct-name").Raw("  ").Raw(Name);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("nfacct-name ").Word(Name);
}
