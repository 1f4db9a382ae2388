using System.Globalization;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m limit</c>: a token bucket (<c>net/netfilter/xt_limit.c limit_mt</c>, <c>struct xt_rateinfo</c>). Each packet costs
/// <see cref="Average"/>; the bucket holds <see cref="Burst"/> times that and starts full.
/// </summary>
public sealed record LimitMatch : Match
{
    /// <summary>The default of <c>--limit-burst</c>.</summary>
    internal const uint DefaultBurst = 5;

    // XT_LIMIT_SCALE and CREDITS_PER_JIFFY: the highest power of two with which a day's credit fits 32 bits.
    private const uint Scale = 10_000, CreditsPerTick = 128;

    private readonly uint _cost, _cap;

    /// <summary>Makes a limit.</summary>
    /// <param name="average">Mean time between packets in units of 1/10000 s.</param>
    /// <param name="burst">How many packets may come at once.</param>
    public LimitMatch(uint average, uint burst = DefaultBurst)
    {
        (Average, Burst) = (average, burst);
        _cost = ToCredits(average);
        _cap = ToCredits(unchecked(average * burst));
        State = new StateDeclaration(() => new LimitState(_cap));
    }

    /// <summary>Mean time between packets in units of 1/10000 s: what one packet costs.</summary>
    public uint Average { get; }

    /// <summary>How many packets may come at once.</summary>
    public uint Burst { get; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "limit",
        KernelBytes = 40,
        Summary = "Matches at a limited mean rate.",
        Source = "net/netfilter/xt_limit.c, extensions/libxt_limit.c",
        Options =
        [
            new("limit", OptionKind.Text)
            {
                ValueName = "rate[/second|/minute|/hour|/day]", Help = "Mean rate; 3/hour unless given.",
                Parse = call => RateText.Parse(call.Argument, Scale),
                Sample = source => $"{source.Next(1000) + 1}/{(source.Next(2) == 0 ? "sec" : "min")}",
            },
            new("limit-burst", OptionKind.UInt32)
            {
                Max = 10_000, ValueName = "n", Help = "How many may come at once; 5 unless given.",
                Sample = source => $"{source.Next(100) + 1}",
            },
        ],
        Build = values => new LimitMatch(
            values.Get("limit", 3600 * Scale / 3), (uint)values.Get("limit-burst", (ulong)DefaultBurst)),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option("limit", RateText.Format(Average, Scale));
        if (Burst != DefaultBurst)
        {
            writer.Option("limit-burst", Burst);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("limit: avg ").Raw(RateText.Format(Average, Scale)).Raw(" burst ").Number(Burst);

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) => Fits ? KernelErrno.None : KernelErrno.Range;

    /// <inheritdoc/>
    public override StateDeclaration State { get; }

    /// <summary>Whether the kernel takes it: the burst is not 0 and the credit fits 32 bits (<c>limit_mt_check</c>).</summary>
    private bool Fits => Burst != 0 && ToCredits(unchecked(Average * Burst)) >= ToCredits(Average);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        long now = Jiffies.Of(context.NowNanoseconds);
        LimitState state = context.ReadState<LimitState>();
        if (state.Credit < _cost && state.Tick == now)
        {
            return MatchResult.No(0, state.Credit);
        }
        state = context.WriteState<LimitState>();
        uint credit = state.CreditAt(now, _cap);
        bool fits = credit >= _cost;
        (state.Tick, state.Credit) = (now, fits ? credit - _cost : credit);
        return MatchResult.When(fits, 0, credit);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"the bucket holds {result.Seen} of {_cap} credits, a packet costs {_cost}");

    /// <inheritdoc/>
    public bool Equals(LimitMatch? other) => other is not null && Average == other.Average && Burst == other.Burst;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Average, Burst);

    // net/netfilter/xt_limit.c user2credits: divides first where multiplying would not fit.
    private static uint ToCredits(uint user) => unchecked(user > uint.MaxValue / (Jiffies.Hz * CreditsPerTick)
        ? user / Scale * Jiffies.Hz * CreditsPerTick
        : user * Jiffies.Hz * CreditsPerTick / Scale);

    /// <summary>The bucket of one rule (<c>struct xt_limit_priv</c>).</summary>
    private sealed class LimitState(uint credit) : RuleState
    {
        /// <summary>What is in the bucket as of <see cref="Tick"/>.</summary>
        public uint Credit = credit;

        /// <summary>When it was last looked at; negative before the first time, when it is full.</summary>
        public long Tick = -1;

        /// <summary>What is in the bucket at a tick. The increase is counted in 32 bits and may wrap, as in the kernel.</summary>
        public uint CreditAt(long tick, uint cap) => Tick < 0
            ? Credit
            : Math.Min(cap, unchecked(Credit + ((uint)(tick - Tick) * CreditsPerTick)));

        public override RuleState Clone() => new LimitState(Credit) { Tick = Tick };
    }
}
