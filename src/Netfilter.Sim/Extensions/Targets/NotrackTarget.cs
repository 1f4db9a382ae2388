using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j NOTRACK</c>: keeps connection tracking off the packet (<c>net/netfilter/xt_CT.c notrack_tg</c>).</summary>
public sealed record NotrackTarget : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "NOTRACK",
        KernelName = "CT",
        KernelBytes = 72,
        ListName = "CT",
        Summary = "Keeps connection tracking off the packet.",
        Source = "net/netfilter/xt_CT.c, extensions/libxt_CT.c",
        OnlyTable = "raw",
        Build = _ => new NotrackTarget(),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("NOTRACK");

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        Apply(context.Packet, null);
        return TargetVerdict.Continue;
    }

    /// <summary>Leaves a packet that conntrack has not seen to a template, or out of conntrack (<c>xt_ct_target</c>).</summary>
    internal static void Apply(PacketBuffer packet, ConntrackTemplate? template)
    {
        if (packet.Connection >= 0 || packet.Template is not null || packet.ConntrackInfo != ConntrackInfo.None)
        {
            return;
        }
        packet.Template = template;
        packet.ConntrackInfo = template is null ? ConntrackInfo.Untracked : packet.ConntrackInfo;
    }
}
