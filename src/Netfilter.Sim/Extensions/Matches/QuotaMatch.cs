using System.Globalization;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m quota</c>: matches until a number of bytes is used up (<c>net/netfilter/xt_quota.c quota_mt</c>). The packet that does
/// not fit takes what is left.
/// </summary>
/// <param name="Bytes">The quota at the start; listings show it, not what is left.</param>
/// <param name="IsInverted">Whether packets beyond the quota are meant.</param>
public sealed record QuotaMatch(ulong Bytes, bool IsInverted) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "quota",
        KernelBytes = 24,
        Summary = "Matches until a number of bytes is used up.",
        Source = "net/netfilter/xt_quota.c, extensions/libxt_quota.c",
        Options =
        [
            new("quota", OptionKind.UInt64) { Required = true, Invertible = true, ValueName = "bytes", Help = "Bytes of whole packets." },
        ],
        Build = values => new QuotaMatch(values.Get<ulong>("quota"), values.IsInverted("quota")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration? State => new(() => new QuotaState { Left = Bytes });

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        QuotaState state = context.WriteState<QuotaState>();
        ulong before = state.Left, length = (ulong)context.Packet.Length;
        bool fits = before >= length;
        state.Left = fits ? before - length : 0;
        return MatchResult.When(fits != IsInverted, fits ? (byte)1 : (byte)0, before);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{result.Seen} bytes were left, {(result.Condition == 1 ? "enough" : "too few")} for this packet");

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("quota", Bytes, IsInverted);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("quota: ").Number(Bytes).Raw(" bytes");

    /// <summary>What is left (<c>struct xt_quota_priv</c>).</summary>
    private sealed class QuotaState : RuleState
    {
        public ulong Left { get; set; }

        public override RuleState Clone() => new QuotaState { Left = Left };
    }
}
