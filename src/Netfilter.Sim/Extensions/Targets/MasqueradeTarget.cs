using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j MASQUERADE</c>: translates the source to an address of the interface that the connection leaves by (<c>net/netfilter/xt_MASQUERADE.c masquerade_tg</c>).</summary>
/// <param name="Range">What it may become.</param>
public sealed record MasqueradeTarget(NatRange Range) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "MASQUERADE",
        KernelBytes = 24,
        KernelBytesV6 = 40,
        Summary = "Translates the source of a connection to an address of the interface it leaves by.",
        Source = "net/netfilter/xt_MASQUERADE.c, net/netfilter/nf_nat_masquerade.c, extensions/libxt_NAT.c",
        OnlyTable = "nat",
        Hooks = Hooks.PostRouting,
        Revision = 0,
        Options =
        [
            new("to-ports", OptionKind.Text)
            {
                ValueName = "port[-port]", Parse = call => NatRangeText.ParseToPorts(call), Help = "New source ports.",
            },
            new("random") { Help = "Choose ports at random." },
            new("random-fully") { Help = "Choose ports at random, whether or not they clash." },
        ],
        FinalCheck = NatRangeText.RefuseShift,
        Build = values => new MasqueradeTarget(NatRangeText.WithFlags(values, values.Get("to-ports", default(NatRange)))),
        Sample = source => source.Next(2) == 0 ? [] : ["--random"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Range.Has(NatRangeFlags.ProtocolSpecified))
        {
            writer.Flag("to-ports").Raw(' ');
            NatRangeText.WritePorts(writer, Range);
        }
        NatRangeText.WriteFlags(writer, Range, " --");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        if (Range.Has(NatRangeFlags.ProtocolSpecified))
        {
            writer.Word("masq ports: ");
            NatRangeText.WritePorts(writer, Range);
        }
        NatRangeText.WriteFlags(writer, Range, " ");
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) =>
        context.Walk.Nat.Masquerade(context.Packet, Range, context.Walk) == Verdict.Accept ? TargetVerdict.Accept : TargetVerdict.Drop;
}
