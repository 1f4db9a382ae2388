using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m physdev</c>: the ports of a bridge that the packet passes (<c>net/netfilter/xt_physdev.c physdev_mt</c>,
/// <c>struct xt_physdev_info</c>).
/// </summary>
public sealed record PhysdevMatch : Match
{
    private const byte Unknown = 0, Bridged = 1, IsIn = 2, IsOut = 3, InPort = 4, OutPort = 5;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "physdev",
        KernelBytes = 72,
        Summary = "Matches the ports of a bridge that the packet passes.",
        Source = "net/netfilter/xt_physdev.c, extensions/libxt_physdev.c",
        Options =
        [
            PortOption("physdev-in", "The port it came in by."),
            PortOption("physdev-out", "The port it leaves by."),
            new("physdev-is-in") { Invertible = true, Help = "It came in by a port." },
            new("physdev-is-out") { Invertible = true, Help = "It leaves by a port." },
            new("physdev-is-bridged") { Invertible = true, Help = "It is bridged and not routed." },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("PHYSDEV: no physdev option specified");
            }
        },
        Build = values => new PhysdevMatch
        {
            In = values.Get<InterfacePattern?>("physdev-in", null),
            NotIn = values.IsInverted("physdev-in"),
            Out = values.Get<InterfacePattern?>("physdev-out", null),
            NotOut = values.IsInverted("physdev-out"),
            CameByPort = Flag(values, "physdev-is-in"),
            LeavesByPort = Flag(values, "physdev-is-out"),
            IsBridged = Flag(values, "physdev-is-bridged"),
        },
        Sample = source => ["--physdev-in", $"eth{source.Next(9)}"],
    };

    /// <summary><c>--physdev-in</c>; null when not given.</summary>
    public InterfacePattern? In { get; init; }

    /// <summary><c>! --physdev-in</c>.</summary>
    public bool NotIn { get; init; }

    /// <summary><c>--physdev-out</c>; null when not given.</summary>
    public InterfacePattern? Out { get; init; }

    /// <summary><c>! --physdev-out</c>.</summary>
    public bool NotOut { get; init; }

    /// <summary><c>--physdev-is-in</c>; null when not given.</summary>
    public bool? CameByPort { get; init; }

    /// <summary><c>--physdev-is-out</c>; null when not given.</summary>
    public bool? LeavesByPort { get; init; }

    /// <summary><c>--physdev-is-bridged</c>; null when not given.</summary>
    public bool? IsBridged { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        WriteFlag(writer, "physdev-is-in", CameByPort);
        if (In is not null)
        {
            writer.Option("physdev-in", In.Text, NotIn);
        }
        WriteFlag(writer, "physdev-is-out", LeavesByPort);
        if (Out is not null)
        {
            writer.Option("physdev-out", Out.Text, NotOut);
        }
        WriteFlag(writer, "physdev-is-bridged", IsBridged);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("PHYSDEV match");
        Save(writer, context);
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // physdev_mt_check: the way out is not known in OUTPUT.
        bool asksForOut = Out is not null || LeavesByPort is not null;
        return asksForOut && IsBridged != true && check.ReachesAny(Hooks.LocalOut) ? KernelErrno.Invalid : KernelErrno.None;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        (string? input, string? output) = (context.Packet.PhysInDevice?.Name, context.Packet.PhysOutDevice?.Name);
        if (input is null && output is null)
        {
            bool allNegated = IsBridged != true && CameByPort != true && LeavesByPort != true
                && (In is null || NotIn) && (Out is null || NotOut);
            return MatchResult.When(allNegated, Unknown);
        }
        if (IsBridged is { } bridged && bridged != (output is not null))
        {
            return MatchResult.No(Bridged);
        }
        if (CameByPort is { } came && came != (input is not null))
        {
            return MatchResult.No(IsIn);
        }
        if (LeavesByPort is { } leaves && leaves != (output is not null))
        {
            return MatchResult.No(IsOut);
        }
        if (In is not null && input is not null && In.Matches(input) == NotIn)
        {
            return MatchResult.No(InPort);
        }
        return Out is null ? MatchResult.Yes : MatchResult.When(output is not null && Out.Matches(output) != NotOut, OutPort);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Answer == MatchAnswer.Yes ? "the ports fit" : result.Condition switch
    {
        Unknown => "the packet passes no port of a bridge",
        Bridged => IsBridged == true ? "the packet is not bridged" : "the packet is bridged",
        IsIn => CameByPort == true ? "it did not come in by a port" : "it came in by a port",
        IsOut => LeavesByPort == true ? "it does not leave by a port" : "it leaves by a port",
        InPort => $"the port it came in by is {(NotIn ? "" : "not ")}{In}",
        _ => $"the port it leaves by is {(NotOut ? "" : "not ")}{Out}",
    };

    private static void WriteFlag(OptionWriter writer, string name, bool? wanted)
    {
        if (wanted is { } value)
        {
            writer.Flag(name, !value);
        }
    }

    private static bool? Flag(OptionValues values, string name) => values.Has(name) ? !values.IsInverted(name) : null;

    private static OptionSpec PortOption(string name, string help) => new(name, OptionKind.Text)
    {
        Invertible = true,
        ValueName = "name[+]",
        Parse = call => InterfaceText.Parse(call),
        Help = help,
        Sample = source => $"eth{source.Next(9)}",
    };
}
