using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j TRACE</c>: has every rule that the packet meets from now on logged (<c>net/netfilter/xt_TRACE.c trace_tg</c>).</summary>
public sealed record TraceTarget : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "TRACE",
        Summary = "Has every rule that the packet meets logged.",
        Source = "net/netfilter/xt_TRACE.c, extensions/libxt_TRACE.c",
        OnlyTable = "raw",
        Build = _ => new TraceTarget(),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.Packet.Trace = true;
        return TargetVerdict.Continue;
    }
}
