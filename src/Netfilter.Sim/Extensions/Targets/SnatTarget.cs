using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j SNAT</c>: translates the source of a connection (<c>net/netfilter/xt_nat.c xt_snat_target_v1</c>). A base port is taken but not handed to the kernel.</summary>
/// <param name="Range">What it may become.</param>
public sealed record SnatTarget(NatRange Range) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "SNAT",
        KernelBytes = 24,
        KernelBytesV6 = 40,
        Summary = "Translates the source of a connection.",
        Source = "net/netfilter/xt_nat.c, extensions/libxt_NAT.c",
        OnlyTable = "nat",
        Hooks = Hooks.PostRouting | Hooks.LocalIn,
        Revision = 1,
        Options =
        [
            new("to-source", OptionKind.Text)
            {
                Required = true, ValueName = "[address[-address]][:port[-port]]", Help = "New source.",
                Parse = call => NatRangeText.ParseTo(call),
            },
            new("random") { Help = "Choose ports at random." },
            new("random-fully") { Help = "Choose ports at random, whether or not they clash." },
            new("persistent") { Help = "Give a source the same address whatever the destination." },
        ],
        Build = values => new SnatTarget(NatRangeText.WithFlags(values, values.Get<NatRange>("to-source")) with { BasePort = 0 }),
        Sample = source => ["--to-source", source.NextAddress()],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("to-source").Raw(' ');
        NatRangeText.WriteRange(writer, Range);
        NatRangeText.WriteFlags(writer, Range, " --");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("to:");
        NatRangeText.WriteRange(writer, Range);
        NatRangeText.WriteFlags(writer, Range, " ");
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) =>
        context.Walk.Nat.SetupInfo(context.Packet, Range, NatManip.Source, context.Walk) == Verdict.Accept
            ? TargetVerdict.Accept
            : TargetVerdict.Drop;
}
