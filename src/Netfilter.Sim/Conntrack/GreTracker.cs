using System.Buffers.Binary;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>GRE (<c>nf_conntrack_proto_gre.c</c>): version 1 has call ids, which only the pptp helper can pair.</summary>
internal static class GreTracker
{
    private const ushort PointToPointProtocol = 0x880b;

    /// <summary>Reads the keys of a tuple (<c>gre_pkt_to_tuple</c>).</summary>
    public static bool TryReadKeys(ReadOnlySpan<byte> gre, ConnectionTracker tracker, ref ConnectionTuple tuple)
    {
        // The kernel takes a header it cannot read as one without keys, whatever its version.
        if (gre.Length < 4 || (gre[1] & 7) != 1 || gre.Length < 8)
        {
            return true;
        }
        if (BinaryPrimitives.ReadUInt16BigEndian(gre[2..]) != PointToPointProtocol)
        {
            return false;
        }
        tuple = tuple with { DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(gre[6..]) };
        tuple = tuple with { SourcePort = tracker.FindGreKey(tuple) };
        return true;
    }

    /// <summary>A packet of a connection (<c>nf_conntrack_gre_packet</c>).</summary>
    public static TrackResult Packet(int id, PacketBuffer packet, in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        ref ConnectionRecord record = ref tracker.Write(id);
        if (!record.IsConfirmed)
        {
            uint[] timeouts = tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Gre);
            record.Gre.StreamTimeout = timeouts[ConntrackTimeouts.Replied];
            record.Gre.Timeout = timeouts[ConntrackTimeouts.Unreplied];
        }
        if (record.Has(ConnectionStatus.SeenReply))
        {
            tracker.Refresh(id, packet, record.Gre.StreamTimeout, context.Jiffies);
            tracker.Assure(ref record);
        }
        else
        {
            tracker.Refresh(id, packet, record.Gre.Timeout, context.Jiffies);
        }
        return TrackResult.Accept;
    }
}
