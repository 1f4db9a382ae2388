using System.Buffers.Binary;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>Shifts sequence numbers after payload has changed its length (<c>nf_conntrack_seqadj.c</c>).</summary>
internal static class SequenceAdjuster
{
    /// <summary>The shift that holds at a sequence number.</summary>
    public static int OffsetAt(in SequenceAdjustment adjustment, uint sequence) =>
        unchecked((int)(adjustment.CorrectionPosition - sequence)) < 0 ? adjustment.OffsetAfter : adjustment.OffsetBefore;

    /// <summary>From a sequence number on, a direction is shifted by so much more (<c>nf_ct_seqadj_set</c>).</summary>
    public static void Shift(int id, ConnectionDirection direction, uint sequence, int difference, ConnectionTracker tracker)
    {
        if (difference == 0)
        {
            return;
        }
        tracker.Write(id).Status |= ConnectionStatus.SequenceAdjust;
        ref ConnectionExtension extension = ref tracker.Table.WriteExtension(id);
        ref SequenceAdjustment adjustment = ref Of(ref extension, direction);
        bool isLater = unchecked((int)(adjustment.CorrectionPosition - sequence)) < 0;
        if (adjustment.OffsetBefore == adjustment.OffsetAfter || isLater)
        {
            adjustment.CorrectionPosition = sequence;
            adjustment.OffsetBefore = adjustment.OffsetAfter;
            adjustment.OffsetAfter += difference;
        }
    }

    /// <summary>A direction is shifted from the beginning (<c>nf_ct_seqadj_init</c>).</summary>
    public static void Start(int id, ConnectionDirection direction, int offset, ConnectionTracker tracker)
    {
        tracker.Write(id).Status |= ConnectionStatus.SequenceAdjust;
        ref SequenceAdjustment adjustment = ref Of(ref tracker.Table.WriteExtension(id), direction);
        (adjustment.OffsetBefore, adjustment.OffsetAfter) = (offset, offset);
    }

    /// <summary>Rewrites sequence number, acknowledgement and SACK blocks of a segment (<c>nf_ct_seq_adjust</c>).</summary>
    /// <returns>False when the header is cut off.</returns>
    public static bool Adjust(PacketBuffer packet, int id, ConnectionTracker tracker)
    {
        if (packet.Transport.Length < 20)
        {
            return false;
        }
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        ConnectionExtension extension = tracker.Table.ReadExtension(id);
        SequenceAdjustment own = Of(ref extension, direction);
        SequenceAdjustment other = Of(ref extension, direction.Opposite());
        Span<byte> tcp = packet.Writable[packet.TransportOffset..];
        unchecked
        {
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
            Replace(packet, tcp, 4, sequence + (uint)OffsetAt(own, sequence));
            if ((tcp[13] & TcpSegment.AckFlag) == 0)
            {
                return true;
            }
            ReplaceShifted(packet, tcp, 8, other);
        }
        return AdjustSack(packet, tcp, other);
    }

    private static bool AdjustSack(PacketBuffer packet, Span<byte> tcp, in SequenceAdjustment other)
    {
        int end = (tcp[12] >> 4) * 4;
        if (end > tcp.Length)
        {
            return false;
        }
        for (int at = 20; at < end;)
        {
            if (tcp[at] == 0)
            {
                return true;
            }
            if (tcp[at] == 1)
            {
                at++;
                continue;
            }
            if (at + 1 == end || at + tcp[at + 1] > end || tcp[at + 1] < 2)
            {
                return true;
            }
            int length = tcp[at + 1];
            if (tcp[at] == 5 && length >= 10 && (length - 2) % 8 == 0)
            {
                for (int edge = at + 2; edge < at + length; edge += 4)
                {
                    ReplaceShifted(packet, tcp, edge, other);
                }
            }
            at += length;
        }
        return true;
    }

    private static void ReplaceShifted(PacketBuffer packet, Span<byte> tcp, int offset, in SequenceAdjustment other)
    {
        unchecked
        {
            uint number = BinaryPrimitives.ReadUInt32BigEndian(tcp[offset..]);
            Replace(packet, tcp, offset, number - (uint)OffsetAt(other, number - (uint)other.OffsetBefore));
        }
    }

    private static void Replace(PacketBuffer packet, Span<byte> tcp, int offset, uint value)
    {
        uint before = BinaryPrimitives.ReadUInt32BigEndian(tcp[offset..]);
        if (before == value)
        {
            return;
        }
        BinaryPrimitives.WriteUInt32BigEndian(tcp[offset..], value);
        // Linux takes SACK edges at odd offsets for words, too, and so spoils the checksum then.
        packet.AdjustTransportChecksum(ChecksumUpdate.Delta(before, value));
    }

    private static ref SequenceAdjustment Of(ref ConnectionExtension extension, ConnectionDirection direction) =>
        ref direction == ConnectionDirection.Original ? ref extension.OriginalAdjustment : ref extension.ReplyAdjustment;
}
