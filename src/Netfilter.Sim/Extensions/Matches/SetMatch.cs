using Netfilter.Sim.Rules;
using Netfilter.Sim.Sets;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m set</c>: whether a packet is in an ipset (<c>net/netfilter/xt_set.c set_match_v4</c>).</summary>
/// <param name="Set">The set and the directions.</param>
/// <param name="IsInverted">Whether packets outside are meant.</param>
public sealed record SetMatch(SetReference Set, bool IsInverted) : Match
{
    private static readonly string[] Comparisons = ["eq", "lt", "gt"];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "set",
        KernelBytes = 48,
        Summary = "Matches packets that are in an ipset.",
        Source = "net/netfilter/xt_set.c, extensions/libxt_set.c",
        Revision = 4,
        Options =
        [
            SetOption("match-set"),
            SetOption("set"),
            new("return-nomatch") { Repeatable = true, Help = "Exceptions match, what they except does not." },
            new("update-counters") { Repeatable = true, Invertible = true, Help = "With !: counters of the element stay." },
            new("update-subcounters") { Repeatable = true, Invertible = true, Help = "With !: counters of sets in a list stay." },
            .. Comparisons.Select(comparison => CounterOption("packets", comparison)),
            .. Comparisons.Select(comparison => CounterOption("bytes", comparison)),
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("match-set", "set"))
            {
                throw OptionCall.Error("You must specify `--match-set' with proper arguments");
            }
        },
        Build = Build,
        Sample = source => ["--match-set", "bm", source.Next(2) == 0 ? "src" : "dst", "--packets-gt", $"{source.Next(1000)}"],
    };

    /// <summary><c>--return-nomatch</c>.</summary>
    public bool ReturnNoMatch { get; init; }

    /// <summary><c>! --update-counters</c>.</summary>
    public bool SkipCounters { get; init; }

    /// <summary><c>! --update-subcounters</c>.</summary>
    public bool SkipSubCounters { get; init; }

    /// <summary>Condition on the element's packets; null when there is none.</summary>
    public SetCounterTest? Packets { get; init; }

    /// <summary>Condition on the element's bytes; null when there is none.</summary>
    public SetCounterTest? Bytes { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration? State => Set.State;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Environment.FindSet(Set.Name) is null ? KernelErrno.NoEntry : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        SetMatchOptions options = Set.Options with
        {
            ReturnNoMatch = ReturnNoMatch,
            SkipCounters = SkipCounters,
            SkipSubCounters = SkipSubCounters,
            Packets = Packets?.Condition ?? default,
            Bytes = Bytes?.Condition ?? default,
        };
        bool isIn = IpSetKernel.Test(
            context.Walk.States, context.StateSlot, context.Packet, options, context.NowNanoseconds, out _);
        return MatchResult.When(isIn != IsInverted, 0, isIn ? 1u : 0);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) =>
        $"{Set.Directions} {(result.Seen == 1 ? "is" : "is not")} in set {Set.Name}{(IsInverted ? ", inverted" : "")}";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer, "");

    private void Write(OptionWriter writer, string dashes)
    {
        writer.Raw(IsInverted ? " !" : "").Word(dashes).Raw("match-set ").Raw(Set.ToString());
        if (ReturnNoMatch)
        {
            writer.Word(dashes).Raw("return-nomatch");
        }
        if (SkipCounters)
        {
            writer.Word("! ").Raw(dashes).Raw("update-counters");
        }
        if (SkipSubCounters)
        {
            writer.Word("! ").Raw(dashes).Raw("update-subcounters");
        }
        Packets?.Write(writer, dashes, "packets");
        Bytes?.Write(writer, dashes, "bytes");
    }

    private static OptionSpec SetOption(string name) => new(name, OptionKind.Text)
    {
        TakesTwoWords = true,
        Repeatable = true,
        Invertible = true,
        ValueName = "name src|dst[,...]",
        Help = name == "set" ? "The old name of --match-set." : "The set and what of the packet is looked up.",
        Parse = call =>
        {
            if (call.Option.Name == "set")
            {
                call.Values.Warn("--set option deprecated, please use --match-set\n");
            }
            return SetReference.Read(call);
        },
    };

    private static OptionSpec CounterOption(string what, string comparison) => new($"{what}-{comparison}", OptionKind.Text)
    {
        Repeatable = true,
        Invertible = comparison == "eq",
        ValueName = "n",
        Help = $"Condition on the {what} that the element has counted.",
        Parse = call => Comparisons.Any(other => call.Values.Has($"{what}-{other}"))
            ? throw OptionCall.Error($"only one of the --{what}-[eq|lt|gt] is allowed")
            : CNumber.TryRead(call.Argument, out ulong count) ? count
            : throw OptionCall.Error($"Cannot parse {call.Argument} as a counter value"),
    };

    private static SetMatch Build(OptionValues values)
    {
        string option = values.Has("match-set") ? "match-set" : "set";
        return new SetMatch(values.Get<SetReference>(option), values.IsInverted(option))
        {
            ReturnNoMatch = values.Has("return-nomatch"),
            SkipCounters = values.IsInverted("update-counters"),
            SkipSubCounters = values.IsInverted("update-subcounters"),
            Packets = Counter(values, "packets"),
            Bytes = Counter(values, "bytes"),
        };
    }

    private static SetCounterTest? Counter(OptionValues values, string what)
    {
        foreach (string comparison in Comparisons)
        {
            string option = $"{what}-{comparison}";
            if (values.Has(option))
            {
                return new SetCounterTest(comparison, values.Get<ulong>(option), values.IsInverted(option));
            }
        }
        return null;
    }
}

/// <summary>A condition on a counter of a set's element.</summary>
/// <param name="Comparison"><c>eq</c>, <c>lt</c> or <c>gt</c>.</param>
/// <param name="Value">What it is compared with.</param>
/// <param name="IsInverted">Whether <c>eq</c> is turned round.</param>
public readonly record struct SetCounterTest(string Comparison, ulong Value, bool IsInverted)
{
    internal SetCounterCondition Condition => new(
        Comparison switch
        {
            "lt" => SetCounterOperator.Less,
            "gt" => SetCounterOperator.Greater,
            _ => IsInverted ? SetCounterOperator.NotEqual : SetCounterOperator.Equal,
        },
        Value);

    internal void Write(OptionWriter writer, string dashes, string what) =>
        writer.Raw(IsInverted ? " !" : "").Word(dashes).Raw(what).Raw('-').Raw(Comparison).Raw(' ').Number(Value);
}
