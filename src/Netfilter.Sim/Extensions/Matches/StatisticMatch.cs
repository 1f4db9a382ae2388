using System.Globalization;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m statistic</c>: by chance, or every n-th packet (<c>net/netfilter/xt_statistic.c statistic_mt</c>).
/// </summary>
/// <param name="Every">The period of nth mode; 0 in random mode.</param>
/// <param name="Packet">Which packet of the period matches in nth mode: 0 to <paramref name="Every"/> − 1.</param>
/// <param name="Threshold">The probability of random mode in units of 2^−31: 0 to 2^31.</param>
/// <param name="IsInverted">Whether the answer is turned round.</param>
public sealed record StatisticMatch(uint Every, uint Packet, uint Threshold, bool IsInverted) : Match
{
    private const double One = 0x80000000;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "statistic",
        KernelBytes = 24,
        Summary = "Matches by chance, or every n-th packet.",
        Source = "net/netfilter/xt_statistic.c, extensions/libxt_statistic.c",
        Options =
        [
            new("mode", OptionKind.Text)
            {
                Required = true, ValueName = "random|nth", Help = "How packets are chosen.", Parse = ParseMode,
            },
            new("probability", OptionKind.Real)
            {
                Min = 0, Max = 1, Invertible = true, Excludes = ["every", "packet"], ValueName = "p",
                Help = "Probability, 0 to 1, kept in 31 bits.",
            },
            new("every", OptionKind.UInt32)
            {
                Min = 1, Invertible = true, Excludes = ["probability"], AlsoRequires = ["packet"], ValueName = "n",
                Help = "One packet in n.",
            },
            new("packet", OptionKind.UInt32)
            {
                Excludes = ["probability"], AlsoRequires = ["every"], ValueName = "p", Help = "Which of the n, from 0.",
            },
        ],
        FinalCheck = FinalCheck,
        Build = Build,
        Sample = source => source.Next(2) == 0
            ? ["--mode", "random", .. Inverted(source), "--probability", $"0.{source.Next(1_000_000_000):D9}"]
            : SampleNth(source, source.Next(100) + 1),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <summary>The counter of nth mode.</summary>
    public override StateDeclaration? State =>
        Every == 0 ? null : new StateDeclaration(() => new NthState { Count = Every - 1 - Packet });

    internal override InlineTest Inline =>
        Every == 0 ? new InlineTest(InlineKind.Chance, Threshold, 0, IsInverted) : default;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (Every == 0)
        {
            bool isHit = context.Walk.Chance.Decide(ChancePurpose.Statistic, Threshold);
            return MatchResult.When(isHit != IsInverted, seen: isHit ? 1u : 0);
        }
        NthState state = context.WriteState<NthState>();
        state.Count = state.Count == Every - 1 ? 0 : state.Count + 1;
        return MatchResult.When((state.Count == 0) != IsInverted, seen: state.Count);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Every == 0
        ? $"chance {(result.Seen == 1 ? "hit" : "missed")} {Probability}{(IsInverted ? ", inverted" : "")}"
        : string.Create(CultureInfo.InvariantCulture, $"counter at {result.Seen} of {Every}{(IsInverted ? ", inverted" : "")}");

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Every == 0)
        {
            writer.Option("mode", "random").Option("probability", Probability, IsInverted);
        }
        else
        {
            writer.Option("mode", "nth").Option("every", Every, IsInverted).Option("packet", Packet);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("statistic mode ").Raw(Every == 0 ? "random" : "nth").Raw(IsInverted ? " !" : "");
        if (Every == 0)
        {
            writer.Word("probability ").Raw(Probability);
            return;
        }
        writer.Word("every ").Number(Every);
        if (Packet > 0)
        {
            writer.Word("packet ").Number(Packet);
        }
    }

    private string Probability => (Threshold / One).ToString("F11", CultureInfo.InvariantCulture);

    private static object ParseMode(OptionCall call) => call.Argument is "random" or "nth"
        ? call.Argument
        : throw OptionCall.Error($"Bad mode \"{call.Argument}\"");

    private static void FinalCheck(OptionValues values)
    {
        bool isNth = values.Get("mode", "random") == "nth";
        if (!isNth && !values.Has("probability"))
        {
            throw OptionCall.Error("--probability must be specified when using random mode");
        }
        if (isNth && !values.HasAny("every", "packet"))
        {
            throw OptionCall.Error("--every and --packet must be specified when using nth mode");
        }
        if (isNth && values.Get("packet", 0UL) >= values.Get("every", 0UL))
        {
            throw OptionCall.Error("the --packet p must be 0 <= p <= n-1");
        }
    }

    private static StatisticMatch Build(OptionValues values)
    {
        if (values.Get<string>("mode") == "nth")
        {
            return new(
                (uint)values.Get<ulong>("every"), (uint)values.Get<ulong>("packet"), 0, values.IsInverted("every"));
        }
        double probability = values.Get<double>("probability");
        uint threshold = double.IsNaN(probability) ? 0 : (uint)Math.Round(probability * One, MidpointRounding.AwayFromZero);
        return new(0, 0, threshold, values.IsInverted("probability"));
    }

    private static string[] Inverted(ISampleSource source) => source.Next(3) == 0 ? ["!"] : [];

    private static string[] SampleNth(ISampleSource source, int every) =>
        ["--mode", "nth", .. Inverted(source), "--every", $"{every}", "--packet", $"{source.Next(every)}"];

    /// <summary>The place in the period (<c>struct xt_statistic_priv</c>).</summary>
    private sealed class NthState : RuleState
    {
        public uint Count { get; set; }

        public override RuleState Clone() => new NthState { Count = Count };
    }
}
