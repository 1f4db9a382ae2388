using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j RATEEST</c>: feeds a rate estimator, which the <c>rateest</c> match asks (<c>net/netfilter/xt_RATEEST.c xt_rateest_tg</c>).
/// </summary>
/// <param name="EstimatorName">The estimator; rules of both families share it by name.</param>
/// <param name="Interval">How often it is brought up to date: 250 ms times two to the power of this and two; −2 to 3.</param>
/// <param name="EwmaLog">How slowly it follows: one update counts for two to the power of minus this.</param>
public sealed record RateestTarget(string EstimatorName, sbyte Interval, byte EwmaLog) : ExtensionTarget
{
    private const int MaxName = 15, LeastInterval = -2, GreatestEwmaLog = 19;
    private const uint Second = 1_000_000, QuarterSecond = Second / 4;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "RATEEST",
        KernelBytes = 32,
        Summary = "Feeds a rate estimator.",
        Source = "net/netfilter/xt_RATEEST.c, net/core/gen_estimator.c, extensions/libxt_RATEEST.c",
        Options =
        [
            new("rateest-name", OptionKind.Text) { Required = true, KeptBytes = MaxName, ValueName = "name", Help = "The estimator." },
            Time("interval", "How often it is brought up to date."),
            Time("ewmalog", "Over which time it averages."),
        ],
        FinalCheck = values => ReadParameters(values, out _, out _),
        Build = values =>
        {
            ReadParameters(values, out sbyte interval, out byte ewmaLog);
            return new RateestTarget(values.Get<string>("rateest-name"), interval, ewmaLog);
        },
        Sample = source => ["--rateest-name", $"r{source.Next(9)}", "--rateest-interval", "500ms", "--rateest-ewmalog", $"{1 + source.Next(9)}s"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration? State => new(
        () => new EstimatorState { Interval = Interval, EwmaLog = EwmaLog }, EstimatorState.KeyOf(EstimatorName));

    /// <summary>An estimator that is there already has to have the same parameters.</summary>
    public override KernelErrno Check(in RuleCheck check)
    {
        bool fits = check.Named?.Find(EstimatorState.KeyOf(EstimatorName)) is EstimatorState known
            ? (Interval != 0 || EwmaLog != 0) && known.Interval == Interval && known.EwmaLog == EwmaLog
            : EwmaLog <= GreatestEwmaLog;
        return fits ? KernelErrno.None : KernelErrno.Invalid;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.WriteState<EstimatorState>().Count(context.Packet.Length, context.NowNanoseconds);
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer
        .Option("rateest-name", EstimatorName).Option("rateest-interval", TimeText(0)).Option("rateest-ewmalog", TimeText(EwmaLog));

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer
        .Word("name ").Raw(EstimatorName).Word("interval ").Raw(TimeText(0)).Word("ewmalog ").Raw(TimeText(EwmaLog));

    // The tool counts microseconds in 32 bits, and longer times wrap.
    private string TimeText(int shift)
    {
        uint time = unchecked((uint)((ulong)QuarterSecond << (Interval - LeastInterval) << shift));
        return time >= Second ? ((double)time / Second).ToString("F1", CultureInfo.InvariantCulture) + "s"
            : time >= 1000 ? (time / 1000.0).ToString("F1", CultureInfo.InvariantCulture) + "ms"
            : time.ToString(CultureInfo.InvariantCulture) + "us";
    }

    private static OptionSpec Time(string what, string help) => new($"rateest-{what}", OptionKind.Text)
    {
        ValueName = "time",
        Help = help,
        Parse = call => ReadTime(call.Argument) ?? throw OptionCall.Error($"RATEEST: bad {what} value \"{call.Argument}\""),
    };

    // RATEEST_get_time: a number of seconds, milliseconds or, without a unit, microseconds.
    private static object? ReadTime(string text)
    {
        int end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
        {
            end--;
        }
        double unit = text[end..].ToLowerInvariant() switch
        {
            "s" or "sec" or "secs" => Second,
            "ms" or "msec" or "msecs" => 1000,
            "us" or "usec" or "usecs" or "" => 1,
            _ => double.NaN,
        };
        return CNumber.TryReadReal(text[..end], out double value) && !double.IsNaN(unit)
            ? CNumber.Truncate(value * unit)
            : null;
    }

    // RATEEST_final_check
    private static void ReadParameters(OptionValues values, out sbyte interval, out byte ewmaLog)
    {
        uint time = values.Get("rateest-interval", 0u), average = values.Get("rateest-ewmalog", 0u);
        interval = 0;
        while (interval <= 5 && time > QuarterSecond << interval)
        {
            interval++;
        }
        if (interval > 5)
        {
            throw OptionCall.Error("RATEEST: interval value is too large");
        }
        interval += LeastInterval;
        int log = 1;
        while (log < 32 && time / -Math.Log(1.0 - (1.0 / (1u << log))) <= average)
        {
            log++;
        }
        ewmaLog = (byte)(log - 1);
        if (ewmaLog is 0 or >= 31)
        {
            throw OptionCall.Error("RATEEST: ewmalog value is out of range");
        }
    }
}
