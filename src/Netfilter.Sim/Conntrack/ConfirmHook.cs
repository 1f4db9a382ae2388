using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// The last function at INPUT and POSTROUTING (<c>nf_conntrack_proto.c nf_confirm</c>): helpers read the packet, sequence
/// numbers are shifted, and a connection that has come so far is put into the table.
/// </summary>
internal sealed class ConfirmHook : HookFunction
{
    /// <summary>The one there is: it keeps nothing.</summary>
    public static ConfirmHook Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "conntrack confirm";

    /// <inheritdoc/>
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        int id = packet.Connection;
        if (id < 0)
        {
            return Verdict.Accept;
        }
        ConnectionTracker tracker = walk.Conntrack;
        if (tracker.Read(id).Extension >= 0 && packet.ConntrackInfo != ConntrackInfo.RelatedReply
            && PacketTuple.HasTransport(packet))
        {
            Verdict verdict = ReadByHelper(packet, id, tracker, walk);
            if (verdict != Verdict.Accept)
            {
                return verdict;
            }
        }
        Verdict confirmed = tracker.Confirm(packet, walk);
        if (confirmed == Verdict.Accept && tracker.Listener is not null)
        {
            tracker.Deliver(packet.Connection);
        }
        return confirmed;
    }

    private static Verdict ReadByHelper(PacketBuffer packet, int id, ConnectionTracker tracker, WalkContext walk)
    {
        bool isLoopback = packet.InDevice?.Kind == NetDeviceKind.Loopback;
        bool isShifted = tracker.Read(id).Has(ConnectionStatus.SequenceAdjust) && !isLoopback;
        if (tracker.Table.ReadExtension(id).Helper is { } helper)
        {
            Verdict verdict = helper.Help(packet, id, walk);
            if (verdict != Verdict.Accept)
            {
                return verdict;
            }
        }
        return !isShifted || SequenceAdjuster.Adjust(packet, id, tracker) ? Verdict.Accept : Verdict.Drop;
    }
}
