using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Extensions.Targets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m rateest</c>: compares a rate that <c>RATEEST</c> estimates with a number or with another one
/// (<c>net/netfilter/xt_rateest.c xt_rateest_mt</c>).
/// </summary>
/// <param name="First">The estimator.</param>
/// <param name="Second">The estimator that it is compared with; null for numbers.</param>
/// <param name="Mode">The comparison.</param>
/// <param name="IsInverted">Whether the answer is turned round.</param>
public sealed record RateestMatch(string First, string? Second, RateestMode Mode, bool IsInverted) : Match
{
    private const int MaxName = 15;

    private static readonly (string Suffix, double BitsPerSecond)[] Units = MakeUnits();

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "rateest",
        KernelBytes = 72,
        Summary = "Compares estimated rates.",
        Source = "net/netfilter/xt_rateest.c, extensions/libxt_rateest.c",
        Options =
        [
            Estimator("rateest1", ["rateest"]),
            Estimator("rateest2", []),
            Rate("rateest-bps1", [], "bps1"),
            Rate("rateest-pps1", [], "pps1"),
            Rate("rateest-bps2", ["rateest-bps"], "bps2"),
            Rate("rateest-pps2", ["rateest-pps"], "pps2"),
            new("rateest-delta")
            {
                Repeatable = true, Invertible = true, Help = "What is left to a rate is compared, not the rate.",
                Parse = call => call.IsInverted ? throw OptionCall.Error("rateest: rateest-delta can't be inverted")
                    : call.Values.Has("rateest-delta") ? throw OptionCall.Error("rateest: can't specify --rateest-delta twice")
                    : null,
            },
            Comparison("lt", "Less."),
            Comparison("gt", "Greater."),
            Comparison("eq", "Equal."),
        ],
        Build = Build,
        Sample = source => ["--rateest", "RE1", "--rateest-lt", "--rateest-bps", $"{1 + source.Next(900)}kbit"],
    };

    /// <summary>Whether bytes a second are compared.</summary>
    public bool ComparesBytes { get; init; }

    /// <summary>Whether packets a second are compared.</summary>
    public bool ComparesPackets { get; init; }

    /// <summary>Whether the differences to the given rates are compared.</summary>
    public bool IsDelta { get; init; }

    /// <summary>Bytes a second of the first side.</summary>
    public uint FirstBytes { get; init; }

    /// <summary>Packets a second of the first side.</summary>
    public uint FirstPackets { get; init; }

    /// <summary>Bytes a second of the second side.</summary>
    public uint SecondBytes { get; init; }

    /// <summary>Packets a second of the second side.</summary>
    public uint SecondPackets { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override ImmutableArray<StateDeclaration> HeldStates =>
        Second is null ? [Held(First)] : [Held(First), Held(Second)];

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        if ((!ComparesBytes && !ComparesPackets) || Mode == RateestMode.None)
        {
            return KernelErrno.Invalid;
        }
        return IsThere(First, check) && (Second is null || IsThere(Second, check)) ? KernelErrno.None : KernelErrno.NoEntry;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        (uint bytes, uint packets) = Read(First, context);
        (uint firstBytes, uint firstPackets) = IsDelta ? (Left(FirstBytes, bytes), Left(FirstPackets, packets)) : (bytes, packets);
        (uint secondBytes, uint secondPackets) = (SecondBytes, SecondPackets);
        if (Second is not null)
        {
            (uint otherBytes, uint otherPackets) = Read(Second, context);
            (secondBytes, secondPackets) = IsDelta
                ? (Left(SecondBytes, otherBytes), Left(SecondPackets, otherPackets))
                : (otherBytes, otherPackets);
        }
        bool holds = (!ComparesBytes || Holds(firstBytes, secondBytes)) && (!ComparesPackets || Holds(firstPackets, secondPackets));
        return MatchResult.When(holds != IsInverted, 0, ComparesBytes ? bytes : packets);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{First} is at {result.Seen} {(ComparesBytes ? "bytes" : "packets")} a second");

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (IsDelta)
        {
            writer.Flag("rateest-delta");
        }
        writer.Option(Second is null ? "rateest" : "rateest1", First);
        if (ComparesBytes)
        {
            WriteComparison(writer, "bps", BitsText(FirstBytes), BitsText(SecondBytes));
        }
        if (ComparesPackets)
        {
            WriteComparison(
                writer, "pps", FirstPackets.ToString(CultureInfo.InvariantCulture), SecondPackets.ToString(CultureInfo.InvariantCulture));
        }
        if (Second is not null)
        {
            writer.Option("rateest2", Second);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("rateest match ").Raw(First).Raw(IsDelta ? " delta" : "");
        if (ComparesBytes)
        {
            WriteBytes(writer, " bps", IsDelta, FirstBytes, context);
            WriteBytes(writer, "", Second is null, SecondBytes, context);
            WriteMode(writer, "", Second is null);
        }
        if (ComparesPackets)
        {
            WriteRate(writer, " pps", IsDelta, FirstPackets);
            WriteMode(writer, "", Second is null);
            WriteRate(writer, "", Second is null, SecondPackets);
        }
        if (Second is null)
        {
            return;
        }
        WriteMode(writer, "", true);
        writer.Word(Second);
        if (ComparesBytes)
        {
            WriteBytes(writer, " bps", IsDelta, SecondBytes, context);
        }
        if (ComparesPackets)
        {
            WriteRate(writer, " pps", IsDelta, SecondPackets);
        }
    }

    private static (uint Bytes, uint Packets) Read(string name, in MatchContext context)
    {
        int slot = context.Walk.States.Find(EstimatorState.KeyOf(name));
        return ((EstimatorState)context.Walk.States.Write(slot)).Read(context.NowNanoseconds);
    }

    private static uint Left(uint limit, uint rate) => limit >= rate ? limit - rate : 0;

    private static bool IsThere(string name, in RuleCheck check) =>
        check.Named?.Find(EstimatorState.KeyOf(name)) is not null || check.Environment.HasRateEstimator(name);

    private static StateDeclaration Held(string name) =>
        new(() => new EstimatorState { Interval = 0, EwmaLog = 1 }, EstimatorState.KeyOf(name));

    private bool Holds(uint first, uint second) => Mode switch
    {
        RateestMode.Less => first < second,
        RateestMode.Greater => first > second,
        _ => first == second,
    };

    private void WriteComparison(OptionWriter writer, string what, string first, string second)
    {
        if (IsDelta)
        {
            writer.Option($"rateest-{what}1", first);
        }
        WriteMode(writer, "--rateest-", true);
        writer.Flag(IsDelta ? $"rateest-{what}2" : $"rateest-{what}");
        if (IsDelta || Second is null)
        {
            writer.Word(second);
        }
    }

    private static void WriteBytes(OptionWriter writer, string name, bool hasRate, uint rate, in PrintContext context)
    {
        writer.Raw(name);
        if (hasRate)
        {
            writer.Word(context.IsNumeric ? rate.ToString(CultureInfo.InvariantCulture) : BitsText(rate));
        }
    }

    private static void WriteRate(OptionWriter writer, string name, bool hasRate, uint rate)
    {
        writer.Raw(name);
        if (hasRate)
        {
            writer.Raw(' ').Number(rate);
        }
    }

    private void WriteMode(OptionWriter writer, string prefix, bool isWritten)
    {
        if (isWritten)
        {
            writer.Raw(IsInverted ? " !" : "").Word(prefix)
                .Raw(Mode switch { RateestMode.Less => "lt", RateestMode.Greater => "gt", _ => "eq" });
        }
    }

    private static string BitsText(uint bytes)
    {
        double bits = bytes * 8.0;
        (double value, string unit) = bits >= 1e9 ? (bits / 1e6, "Mbit") : bits >= 1e6 ? (bits / 1e3, "Kbit") : (bits, "bit");
        return value.ToString("F0", CultureInfo.InvariantCulture) + unit;
    }

    private static OptionSpec Estimator(string name, ImmutableArray<string> aliases) => new(name, OptionKind.Text)
    {
        Aliases = aliases,
        Repeatable = true,
        Invertible = true,
        KeptBytes = MaxName,
        ValueName = "name",
        Help = "The estimator.",
        Parse = call => call.IsInverted ? throw OptionCall.Error("rateest: rateest can't be inverted")
            : call.Values.Has(name) ? throw OptionCall.Error($"rateest: can't specify --{name} twice")
            : call.Value,
    };

    // The number may be missing: another option, or nothing, follows then.
    private static OptionSpec Rate(string name, ImmutableArray<string> aliases, string field) => new(name)
    {
        Aliases = aliases,
        Repeatable = true,
        Invertible = true,
        ValueName = "[rate]",
        Help = field[0] == 'b' ? "Bits a second." : "Packets a second.",
        Parse = call =>
        {
            if (call.IsInverted)
            {
                throw OptionCall.Error($"rateest: rateest-{field[..3]} can't be inverted");
            }
            if (call.Values.Has(name))
            {
                throw OptionCall.Error($"rateest: can't specify --{name} twice");
            }
            string? word = call.Peek();
            if (word is null || word.StartsWith('-') || word.StartsWith('!'))
            {
                return 0u;
            }
            call.Take();
            return field[0] == 'b' ? ReadBits(word) : ReadPackets(word);
        },
    };

    private static OptionSpec Comparison(string name, string help) => new($"rateest-{name}")
    {
        Repeatable = true,
        Invertible = true,
        Help = help,
        Parse = call => call.Values.Has(call.Option.Name) ? throw OptionCall.Error("rateest: can't specify lt/gt/eq twice") : null,
    };

    private static object ReadPackets(string word) => CNumber.TryRead(word, out ulong packets, 0, uint.MaxValue)
        ? (uint)packets
        : throw OptionCall.Error($"rateest: could not parse pps `{word}'");

    private static object ReadBits(string word)
    {
        int end = word.Length;
        while (end > 0 && char.IsAsciiLetter(word[end - 1]))
        {
            end--;
        }
        double unit = Array.Find(Units, unit => unit.Suffix.Equals(word[end..], StringComparison.OrdinalIgnoreCase)).BitsPerSecond;
        return CNumber.TryReadReal(word[..end], out double rate) && unit > 0
            ? CNumber.Truncate(rate * unit / 8)
            : throw OptionCall.Error($"rateest: could not parse rate `{word}'");
    }

    private static (string Suffix, double BitsPerSecond)[] MakeUnits()
    {
        List<(string, double)> units = [("", 1)];
        (string Prefix, double Factor)[] prefixes =
        [
            ("", 1), ("Ki", 1024), ("K", 1e3), ("Mi", 1048576), ("M", 1e6), ("Gi", 1073741824), ("G", 1e9),
            ("Ti", 1099511627776), ("T", 1e12),
        ];
        foreach ((string prefix, double factor) in prefixes)
        {
            units.Add((prefix + "bit", factor));
            units.Add((prefix + "bps", factor * 8));
        }
        return [.. units];
    }

    private static RateestMatch Build(OptionValues values)
    {
        (RateestMode mode, bool isInverted) = (RateestMode.None, false);
        foreach ((string name, RateestMode value) in values.InOrder(
            ("rateest-lt", RateestMode.Less), ("rateest-gt", RateestMode.Greater), ("rateest-eq", RateestMode.Equal)))
        {
            mode = value;
            isInverted |= values.All<object?>(name).Any(use => use.IsInverted);
        }
        return new RateestMatch(
            values.Get("rateest1", ""), values.Has("rateest2") ? values.Get<string>("rateest2") : null, mode, isInverted)
        {
            ComparesBytes = values.HasAny("rateest-bps1", "rateest-bps2"),
            ComparesPackets = values.HasAny("rateest-pps1", "rateest-pps2"),
            IsDelta = values.Has("rateest-delta"),
            FirstBytes = values.Get("rateest-bps1", 0u),
            FirstPackets = values.Get("rateest-pps1", 0u),
            SecondBytes = values.Get("rateest-bps2", 0u),
            SecondPackets = values.Get("rateest-pps2", 0u),
        };
    }
}

/// <summary>How rates are compared (<c>enum xt_rateest_match_mode</c>).</summary>
public enum RateestMode : byte
{
    /// <summary>Not at all; the kernel refuses it.</summary>
    None,

    /// <summary>Less.</summary>
    Less,

    /// <summary>Greater.</summary>
    Greater,

    /// <summary>Equal.</summary>
    Equal,
}
