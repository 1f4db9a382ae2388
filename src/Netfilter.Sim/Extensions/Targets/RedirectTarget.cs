using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j REDIRECT</c>: translates the destination to this host (<c>net/netfilter/xt_REDIRECT.c redirect_tg4, redirect_tg6</c>).</summary>
/// <param name="Range">What it may become.</param>
public sealed record RedirectTarget(NatRange Range) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "REDIRECT",
        KernelBytes = 24,
        KernelBytesV6 = 40,
        Summary = "Translates the destination of a connection to this host.",
        Source = "net/netfilter/xt_REDIRECT.c, net/netfilter/nf_nat_redirect.c, extensions/libxt_NAT.c",
        OnlyTable = "nat",
        Hooks = Hooks.PreRouting | Hooks.LocalOut,
        Revision = 0,
        Options =
        [
            new("to-ports", OptionKind.Text)
            {
                ValueName = "port[-port]", Parse = call => NatRangeText.ParseToPorts(call), Help = "New destination ports.",
            },
            new("random") { Help = "Choose ports at random." },
        ],
        FinalCheck = NatRangeText.RefuseShift,
        Build = values => new RedirectTarget(NatRangeText.WithFlags(values, values.Get("to-ports", default(NatRange)))),
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
            writer.Word("redir ports ");
            NatRangeText.WritePorts(writer, Range);
        }
        NatRangeText.WriteFlags(writer, Range, " ");
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) =>
        context.Walk.Nat.Redirect(context.Packet, context.Hook, Range, context.Walk) == Verdict.Accept ? TargetVerdict.Accept : TargetVerdict.Drop;
}
