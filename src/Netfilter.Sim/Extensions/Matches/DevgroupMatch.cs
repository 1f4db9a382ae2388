using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m devgroup</c>: the groups of the interfaces (<c>net/netfilter/xt_devgroup.c devgroup_mt</c>,
/// <c>struct xt_devgroup_info</c>).
/// </summary>
public sealed record DevgroupMatch : Match
{
    private const byte InGroup = 0, OutGroup = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "devgroup",
        KernelBytes = 24,
        Summary = "Matches the groups of the interfaces.",
        Source = "net/netfilter/xt_devgroup.c, extensions/libxt_devgroup.c",
        Options = [GroupOption("src-group", "Group of the interface it came in by."), GroupOption("dst-group", "Group of the interface it leaves by.")],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("devgroup match: You must specify either '--src-group' or '--dst-group'");
            }
        },
        Build = values => new DevgroupMatch { In = Group(values, "src-group"), Out = Group(values, "dst-group") },
        Sample = source => ["--src-group", $"{source.Next(100)}"],
    };

    /// <summary><c>--src-group</c>; null when not given.</summary>
    public Negatable<MaskedValue>? In { get; init; }

    /// <summary><c>--dst-group</c>; null when not given.</summary>
    public Negatable<MaskedValue>? Out { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        IReadOnlyDictionary<string, uint> names = context.Environment.Names.DeviceGroups;
        if (In is { } input)
        {
            writer.Option("src-group", NamedMask.Format(input.Value, names), input.IsNegated);
        }
        if (Out is { } output)
        {
            writer.Option("dst-group", NamedMask.Format(output.Value, names), output.IsNegated);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        IReadOnlyDictionary<string, uint>? names = context.IsNumeric ? null : context.Environment.Names.DeviceGroups;
        if (In is { } input)
        {
            writer.Raw(input.IsNegated ? " !" : "").Word("src-group ").Raw(NamedMask.Format(input.Value, names));
        }
        if (Out is { } output)
        {
            writer.Raw(output.IsNegated ? " !" : "").Word("dst-group ").Raw(NamedMask.Format(output.Value, names));
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        (In is not null && check.ReachesAny(Hooks.LocalOut | Hooks.PostRouting))
            || (Out is not null && check.ReachesAny(Hooks.PreRouting | Hooks.LocalIn))
            ? KernelErrno.Invalid
            : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        uint inGroup = context.Packet.InDevice?.Group ?? 0, outGroup = context.Packet.OutDevice?.Group ?? 0;
        return In is { } input && !Fits(input, inGroup) ? MatchResult.No(InGroup, inGroup)
            : Out is { } output && !Fits(output, outGroup) ? MatchResult.No(OutGroup, outGroup)
            : MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        if (result.Answer == MatchAnswer.Yes)
        {
            return "the groups fit";
        }
        Negatable<MaskedValue> wanted = (result.Condition == InGroup ? In : Out)!.Value;
        return Reason.Hex(result.Condition == InGroup ? "src-group" : "dst-group", result, NamedMask.Format(wanted.Value, null), wanted.IsNegated);
    }

    private static bool Fits(Negatable<MaskedValue> wanted, uint group) =>
        ((wanted.Value.Value ^ group) & wanted.Value.Mask) == 0 != wanted.IsNegated;

    private static Negatable<MaskedValue>? Group(OptionValues values, string option) => values.Has(option)
        ? new Negatable<MaskedValue>(values.Get<MaskedValue>(option), values.IsInverted(option))
        : null;

    private static OptionSpec GroupOption(string name, string help) => new(name, OptionKind.Text)
    {
        Invertible = true,
        ValueName = "group[/mask]",
        Parse = call => NamedMask.Parse(call, call.Environment.Names.DeviceGroups),
        Help = help,
        Sample = source => $"{source.Next(100)}",
    };
}
