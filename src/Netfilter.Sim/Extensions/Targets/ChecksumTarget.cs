using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j CHECKSUM</c>: completes a checksum that was left to the hardware (<c>net/netfilter/xt_CHECKSUM.c checksum_tg</c>): those of
/// resets of the host's own over <c>lo</c>, and of payloads that a helper rewrote.
/// </summary>
public sealed record ChecksumTarget : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CHECKSUM",
        KernelBytes = 8,
        Summary = "Completes a checksum that was left to the hardware.",
        Source = "net/netfilter/xt_CHECKSUM.c, extensions/libxt_CHECKSUM.c",
        OnlyTable = "mangle",
        Options = [new("checksum-fill") { Required = true, Help = "Complete the checksum." }],
        Build = _ => new ChecksumTarget(),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.Packet.CompleteChecksum();
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Flag("checksum-fill");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("CHECKSUM fill");
}
