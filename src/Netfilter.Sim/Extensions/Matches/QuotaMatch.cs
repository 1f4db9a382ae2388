using System.Globalization;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m quota</c>: a number of bytes that runs out (<c>net/netfilter/xt_quota.c quota_mt</c>). The packet that does not fit
/// any more takes the rest away.
/// </summary>
/// <param name="Quota">Bytes.</param>
/// <param name="IsNegated"><c>! --quota</c>.</param>
public sealed record QuotaMatch(ulong Quota, bool IsNegated = false) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "quota",
        Summary = "Matches until a number of bytes has passed.",
        Source = "net/netfilter/xt_quota.c, extensions/libxt_quota.c",
        Options = [new("quota", OptionKind.UInt64) { Required = true, Invertible = true, ValueName = "bytes", Help = "Bytes." }],
        Build = values => new QuotaMatch(values.Get<ulong>("quota"), values.IsInverted("quota")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration State => new(() => new Rest { Bytes = Quota });

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("quota", Quota, IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("quota: ").Number(Quota).Raw(" bytes");

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ulong length = (ulong)context.Packet.Length;
        ulong left = context.ReadState<Rest>().Bytes;
        bool fits = left >= length;
        if (left != 0)
        {
            context.WriteState<Rest>().Bytes = fits ? left - length : 0;
        }
        return MatchResult.When(fits != IsNegated, 0, left);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"{result.Seen} of {Quota} bytes are left");

    /// <summary>What is left (<c>struct xt_quota_priv</c>).</summary>
    private sealed class Rest : RuleState
    {
        public ulong Bytes { get; set; }

        public override RuleState Clone() => new Rest { Bytes = Bytes };
    }
}
