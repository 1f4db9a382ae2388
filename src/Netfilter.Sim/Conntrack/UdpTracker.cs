using System.Buffers.Binary;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>UDP and UDP-Lite (<c>nf_conntrack_proto_udp.c</c>).</summary>
internal static class UdpTracker
{
    private const uint StreamAfterJiffies = 2 * ConntrackSettings.Hz;

    /// <summary>A datagram of a connection (<c>nf_conntrack_udp_packet</c>).</summary>
    public static TrackResult Packet(int id, Hook hook, PacketBuffer packet, in TrackContext context)
    {
        if (IsMalformed(hook, packet, context))
        {
            return TrackResult.Invalid;
        }
        ConnectionTracker tracker = context.Tracker;
        uint[] timeouts = tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Udp);
        ref ConnectionRecord record = ref tracker.Write(id);
        if (!record.IsConfirmed)
        {
            record.UdpStreamAfter = StreamAfterJiffies + context.Jiffies;
        }
        if (!record.Has(ConnectionStatus.SeenReply))
        {
            tracker.Refresh(id, packet, timeouts[ConntrackTimeouts.Unreplied], context.Jiffies);
            return TrackResult.Accept;
        }
        // A question and its answer are no stream yet: only what is still alive two seconds later is kept for longer.
        bool isStream = (int)(record.UdpStreamAfter - context.Jiffies) < 0;
        tracker.Refresh(
            id, packet, timeouts[isStream ? ConntrackTimeouts.Replied : ConntrackTimeouts.Unreplied], context.Jiffies);
        if (isStream && !record.Has(ConnectionStatus.NatClash))
        {
            tracker.Assure(ref record);
        }
        return TrackResult.Accept;
    }

    /// <summary>A UDP-Lite datagram of a connection (<c>nf_conntrack_udplite_packet</c>).</summary>
    public static TrackResult LitePacket(int id, Hook hook, PacketBuffer packet, in TrackContext context)
    {
        if (IsLiteMalformed(hook, packet, context))
        {
            return TrackResult.Invalid;
        }
        ConnectionTracker tracker = context.Tracker;
        uint[] timeouts = tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Udp);
        ref ConnectionRecord record = ref tracker.Write(id);
        bool replied = record.Has(ConnectionStatus.SeenReply);
        tracker.Refresh(
            id, packet, timeouts[replied ? ConntrackTimeouts.Replied : ConntrackTimeouts.Unreplied], context.Jiffies);
        if (replied && !record.Has(ConnectionStatus.NatClash))
        {
            tracker.Assure(ref record);
        }
        return TrackResult.Accept;
    }

    private static bool IsMalformed(Hook hook, PacketBuffer packet, in TrackContext context)
    {
        ReadOnlySpan<byte> udp = packet.Transport;
        if (udp.Length < 8)
        {
            return true;
        }
        int length = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        if (length > udp.Length || length < 8)
        {
            return true;
        }
        return BinaryPrimitives.ReadUInt16BigEndian(udp[6..]) != 0 && context.FindsBadChecksum(hook, packet);
    }

    private static bool IsLiteMalformed(Hook hook, PacketBuffer packet, in TrackContext context)
    {
        ReadOnlySpan<byte> udp = packet.Transport;
        if (udp.Length < 8)
        {
            return true;
        }
        int coverage = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        coverage = coverage == 0 ? udp.Length : coverage;
        if (coverage < 8 || coverage > udp.Length || BinaryPrimitives.ReadUInt16BigEndian(udp[6..]) == 0)
        {
            return true;
        }
        // Linux sums UDP-Lite here with UDP's number in the pseudo header, so that a right checksum counts as wrong.
        uint sum = Checksum.PseudoHeader(packet.Span, packet.Family, IpProtocols.Udp, udp.Length);
        return context.VerifiesChecksum(hook) && Checksum.Finish(Checksum.Add(udp[..coverage], sum)) != 0;
    }
}
