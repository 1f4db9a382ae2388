using Netfilter.Sim.Packets;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Conntrack;

// What somebody who watches is told.
internal sealed partial class ConnectionTracker
{
    /// <summary>The word that <c>--ctstate</c> has for a packet.</summary>
    public static string StateName(PacketBuffer packet) => packet.ConntrackInfo switch
    {
        ConntrackInfo.Untracked => "UNTRACKED",
        _ when packet.Connection < 0 => "INVALID",
        ConntrackInfo.New => "NEW",
        ConntrackInfo.Related or ConntrackInfo.RelatedReply => "RELATED",
        _ => "ESTABLISHED",
    };

    private void Trace(PacketBuffer packet, in TrackContext context, WalkRecorder recorder)
    {
        string? entry = packet.Connection < 0 ? null
            : ConnectionText.Line(Snapshot(packet.Connection, context.Walk.NowNanoseconds));
        recorder.Add(new ConntrackStep(StateName(packet), entry));
    }
}
