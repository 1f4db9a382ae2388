using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m time</c>: matches at times (<c>net/netfilter/xt_time.c time_mt</c>). The kernel's own time zone is taken to be UTC.
/// </summary>
/// <param name="DateStart">First second, from 1970.</param>
/// <param name="DateStop">Last second, from 1970.</param>
/// <param name="DayStart">First second of a day.</param>
/// <param name="DayStop">Last second of a day; less than <paramref name="DayStart"/> for times around midnight.</param>
/// <param name="Weekdays">Days of the week, Monday bit 1 to Sunday bit 7.</param>
/// <param name="Monthdays">Days of the month, from bit 1.</param>
public sealed record TimeMatch(uint DateStart, uint DateStop, uint DayStart, uint DayStop, byte Weekdays, uint Monthdays) : Match
{
    internal const byte AllWeekdays = 0xfe;
    internal const uint AllMonthdays = 0xfffffffe, LastSecondOfDay = 86399;
    private const uint SecondsPerDay = 86400;
    private const byte DateCondition = 0, DayCondition = 1, WeekdayCondition = 2, MonthdayCondition = 3;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "time",
        KernelBytes = 24,
        Summary = "Matches at times of the day, week, month or calendar.",
        Source = "net/netfilter/xt_time.c, extensions/libxt_time.c",
        Options =
        [
            Option("datestart", "time", "First moment, YYYY-MM-DDThh:mm:ss.", call => TimeText.ReadDate(call.Argument)),
            Option("datestop", "time", "Last moment.", call => TimeText.ReadDate(call.Argument)),
            Option("timestart", "time", "First moment of a day, hh:mm[:ss].", call => TimeText.ReadTime(call.Argument)),
            Option("timestop", "time", "Last moment of a day.", call => TimeText.ReadTime(call.Argument)),
            new("weekdays", OptionKind.Text)
            {
                Invertible = true, ValueName = "day[,day]", Help = "Mon to Sun, or 1 to 7.", Parse = TimeText.ReadWeekdays,
            },
            new("monthdays", OptionKind.Text)
            {
                Invertible = true, ValueName = "day[,day]", Help = "1 to 31.", Parse = TimeText.ReadMonthdays,
            },
            new("localtz")
            {
                Excludes = ["utc"], Help = "The old name of --kerneltz.",
                Parse = call =>
                {
                    call.Values.Warn("WARNING: --localtz is being replaced by --kerneltz, since \"local\" is ambiguous. "
                        + "Note the kernel timezone has caveats - see manpage for details.\n");
                    return null;
                },
            },
            new("utc") { Excludes = ["localtz", "kerneltz"], Help = "Times are UTC, which is the default." },
            new("kerneltz") { Excludes = ["utc"], Help = "Times are of the kernel's own time zone." },
            new("contiguous") { Help = "A time around midnight belongs to the day on which it began." },
        ],
        FinalCheck = values =>
        {
            if (values.Has("contiguous") && values.Get("timestart", 0u) < values.Get("timestop", LastSecondOfDay))
            {
                throw OptionCall.Error("time: --contiguous only makes sense when stoptime is smaller than starttime");
            }
        },
        Build = values => new TimeMatch(
            values.Get("datestart", 0u),
            values.Get("datestop", (uint)int.MaxValue),
            values.Get("timestart", 0u),
            values.Get("timestop", LastSecondOfDay),
            values.Get("weekdays", AllWeekdays),
            values.Get("monthdays", AllMonthdays))
        {
            IsKernelTimeZone = values.HasAny("kerneltz", "localtz"),
            IsContiguous = values.Has("contiguous"),
        },
        Sample = source => source.Next(2) == 0
            ? ["--weekdays", $"{source.Next(7) + 1},Tue", "--timestart", $"{source.Next(24)}:{source.Next(60)}"]
            : ["--datestart", $"{1970 + source.Next(60)}-{source.Next(12) + 1}", "!", "--monthdays", $"{source.Next(31) + 1}", "--kerneltz"],
    };

    /// <summary><c>--kerneltz</c>.</summary>
    public bool IsKernelTimeZone { get; init; }

    /// <summary><c>--contiguous</c>.</summary>
    public bool IsContiguous { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        long now = context.NowNanoseconds / 1_000_000_000;
        ulong seen = (ulong)now;
        if (now < DateStart || now > DateStop)
        {
            return MatchResult.No(DateCondition, seen);
        }
        uint time = (uint)(now % SecondsPerDay);
        if (DayStart < DayStop)
        {
            if (time < DayStart || time > DayStop)
            {
                return MatchResult.No(DayCondition, seen);
            }
        }
        else if (time < DayStart && time > DayStop)
        {
            return MatchResult.No(DayCondition, seen);
        }
        else if (IsContiguous && time <= DayStop)
        {
            now -= SecondsPerDay;
        }
        long day = Math.DivRem(now, SecondsPerDay, out long rest) - (rest < 0 ? 1 : 0);
        int weekday = (int)((((day + 3) % 7) + 7) % 7) + 1;
        if ((Weekdays & (1 << weekday)) == 0)
        {
            return MatchResult.No(WeekdayCondition, seen);
        }
        bool isDay = Monthdays == AllMonthdays
            || (Monthdays & (1u << DateTime.UnixEpoch.AddDays(day).Day)) != 0;
        return MatchResult.When(isDay, MonthdayCondition, seen);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        DateTime now = DateTime.UnixEpoch.AddSeconds(result.Seen);
        string stamp = now.ToString("ddd yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return result.Answer == MatchAnswer.Yes ? $"{stamp} UTC is in time" : result.Condition switch
        {
            DateCondition => $"{stamp} UTC is before the first or after the last date",
            DayCondition => $"{stamp} UTC is at another time of the day",
            WeekdayCondition => $"{stamp} UTC is on another day of the week",
            _ => $"{stamp} UTC is on another day of the month",
        };
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (DayStart != 0 || DayStop != LastSecondOfDay)
        {
            writer.Option("timestart", TimeText.Time(DayStart)).Option("timestop", TimeText.Time(DayStop));
        }
        if (Monthdays != AllMonthdays)
        {
            writer.Option("monthdays", TimeText.DaysOfMonth(Monthdays, withSuffix: false));
        }
        if (Weekdays != AllWeekdays)
        {
            writer.Option("weekdays", TimeText.DaysOfWeek(Weekdays));
        }
        if (DateStart != 0)
        {
            writer.Option("datestart", TimeText.Date(DateStart, 'T'));
        }
        if (DateStop != 0)
        {
            writer.Option("datestop", TimeText.Date(DateStop, 'T'));
        }
        if (IsKernelTimeZone)
        {
            writer.Flag("kerneltz");
        }
        if (IsContiguous)
        {
            writer.Flag("contiguous");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("TIME");
        if (DayStart != 0 || DayStop != LastSecondOfDay)
        {
            writer.Word("from ").Raw(TimeText.Time(DayStart)).Raw(" to ").Raw(TimeText.Time(DayStop));
        }
        if (Weekdays != AllWeekdays)
        {
            writer.Word("on ").Raw(TimeText.DaysOfWeek(Weekdays));
        }
        if (Monthdays != AllMonthdays)
        {
            writer.Word("on ").Raw(TimeText.DaysOfMonth(Monthdays, withSuffix: true));
        }
        if (DateStart != 0)
        {
            writer.Word("starting from ").Raw(TimeText.Date(DateStart, ' '));
        }
        if (DateStop != int.MaxValue)
        {
            writer.Word("until date").Raw(DateStop == 0 ? "" : " " + TimeText.Date(DateStop, ' '));
        }
        writer.Raw(IsKernelTimeZone ? "" : " UTC").Raw(IsContiguous ? " contiguous" : "");
    }

    private static OptionSpec Option(string name, string value, string help, Func<OptionCall, object?> parse) =>
        new(name, OptionKind.Text) { ValueName = value, Help = help, Parse = parse };
}
