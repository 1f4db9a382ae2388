namespace Netfilter.Sim.Conntrack;

// Whether a segment fits between what both ends have sent, acknowledged and offered (tcp_in_window), after Guido van
// Rooij's "Real Stateful TCP Packet Filtering in IP Filter".
internal static partial class TcpTracker
{
    // Acknowledgements may lag this far behind, or by the largest window if that is more (MAXACKWINDOW).
    private const uint MaxAckWindow = 66000;

    private enum WindowResult
    {
        Accept,
        Ignore,
        Invalid,
    }

    private static WindowResult CheckWindow(
        ref ConnectionRecord record, ConnectionDirection direction, in TcpSegment segment, int ackOffset, ConntrackSettings settings)
    {
        ref TcpEndpoint sender = ref direction == ConnectionDirection.Original ? ref record.Tcp.Original : ref record.Tcp.Reply;
        ref TcpEndpoint receiver = ref direction == ConnectionDirection.Original ? ref record.Tcp.Reply : ref record.Tcp.Original;
        uint sequence = segment.Sequence, end = segment.End;
        uint ack = segment.Ack;
        uint sack = (receiver.Flags & TcpEndpointFlags.SackPermitted) != 0 ? segment.HighestAcknowledged() : ack;
        unchecked
        {
            ack -= (uint)ackOffset;
            sack -= (uint)ackOffset;
        }
        if (MeetEndpoint(record.State, direction, ref sender, ref receiver, segment, sack))
        {
            return WindowResult.Accept;
        }
        if (!segment.HasAck || (segment.IsRst && ack == 0))
        {
            // No ACK, or an RST whose sender left the field empty: taken for a right one.
            ack = sack = receiver.End;
        }
        if (segment.IsRst && sequence == 0 && record.State == Ss)
        {
            sequence = end = sender.End;
        }
        bool isLiberal = settings.TcpBeLiberal || (sender.Flags & TcpEndpointFlags.BeLiberal) != 0;
        WindowResult fit = Fit(ref sender, in receiver, sequence, end, sack);
        if (fit != WindowResult.Accept)
        {
            // A liberal end's segment passes, but nothing is learnt from it.
            return isLiberal ? WindowResult.Accept : fit;
        }
        Learn(ref record, direction, segment, (sequence, end, ack, sack));
        return WindowResult.Accept;
    }

    private static WindowResult Fit(ref TcpEndpoint sender, in TcpEndpoint receiver, uint sequence, uint end, uint sack)
    {
        unchecked
        {
            uint ackLimit = receiver.End - Math.Max(sender.MaxWindow, MaxAckWindow) - 1;
            bool isAboveWindowStart = After(end, sender.End - receiver.MaxWindow - 1);
            if (!Before(sequence, sender.MaxEnd + 1))
            {
                uint overshot = end - sender.MaxEnd + 1;
                if (receiver.MaxWindow != 0 && isAboveWindowStart && After(sack, ackLimit)
                    && overshot <= receiver.MaxWindow && Before(sack, receiver.End + 1))
                {
                    // More than the receiver offered, but it might take it all the same: remember it was sent.
                    sender.End = end;
                    sender.Flags |= TcpEndpointFlags.DataUnacknowledged;
                    return WindowResult.Ignore;
                }
                return WindowResult.Invalid;
            }
            if (!Before(sack, receiver.End + 1))
            {
                return WindowResult.Invalid;
            }
            if (receiver.MaxWindow != 0 && !isAboveWindowStart)
            {
                return WindowResult.Ignore;
            }
            return After(sack, ackLimit) ? WindowResult.Accept : WindowResult.Ignore;
        }
    }

    private static void Learn(
        ref ConnectionRecord record,
        ConnectionDirection direction,
        in TcpSegment segment,
        (uint Sequence, uint End, uint Ack, uint Sack) at)
    {
        ref TcpTracking tcp = ref record.Tcp;
        ref TcpEndpoint sender = ref direction == ConnectionDirection.Original ? ref tcp.Original : ref tcp.Reply;
        ref TcpEndpoint receiver = ref direction == ConnectionDirection.Original ? ref tcp.Reply : ref tcp.Original;
        unchecked
        {
            uint window = segment.IsSyn ? segment.Window : (uint)segment.Window << sender.Scale;
            sender.MaxWindow = Math.Max(sender.MaxWindow, window + (at.Sack - at.Ack));
            if (After(at.End, sender.End))
            {
                sender.End = at.End;
                sender.Flags |= TcpEndpointFlags.DataUnacknowledged;
            }
            if (segment.HasAck
                && ((sender.Flags & TcpEndpointFlags.MaxAckSet) == 0 || After(at.Ack, sender.MaxAck)))
            {
                sender.MaxAck = at.Ack;
                sender.Flags |= TcpEndpointFlags.MaxAckSet;
            }
            if (receiver.MaxWindow != 0 && After(at.End, sender.MaxEnd))
            {
                receiver.MaxWindow += at.End - sender.MaxEnd;
            }
            if (After(at.Sack + window, receiver.MaxEnd - 1))
            {
                receiver.MaxEnd = at.Sack + window + (window == 0 ? 1u : 0);
            }
            if (at.Ack == receiver.End)
            {
                receiver.Flags &= ~TcpEndpointFlags.DataUnacknowledged;
            }
        }
        if (segment.Index == TcpFlagSet.Ack)
        {
            CountRetransmission(ref tcp, direction, segment, at);
        }
    }

    private static void CountRetransmission(
        ref TcpTracking tcp,
        ConnectionDirection direction,
        in TcpSegment segment,
        (uint Sequence, uint End, uint Ack, uint Sack) at)
    {
        if (tcp.LastDirection == direction && tcp.LastSequence == at.Sequence && tcp.LastAck == at.Ack
            && tcp.LastEnd == at.End && tcp.LastWindow == segment.Window)
        {
            unchecked
            {
                tcp.Retransmissions++;
            }
            return;
        }
        (tcp.LastDirection, tcp.LastSequence, tcp.LastAck, tcp.LastEnd) = (direction, at.Sequence, at.Ack, at.End);
        (tcp.LastWindow, tcp.Retransmissions) = (segment.Window, 0);
    }

    /// <summary>Fills in what is not known of the sender yet.</summary>
    /// <returns>True when nothing more is to be checked: the SYN of a simultaneous open.</returns>
    private static bool MeetEndpoint(
        byte state,
        ConnectionDirection direction,
        ref TcpEndpoint sender,
        ref TcpEndpoint receiver,
        in TcpSegment segment,
        uint sack)
    {
        if (sender.MaxWindow != 0)
        {
            if (segment.IsSyn && After(segment.End, sender.End) && state is Ss or Sr)
            {
                StartEndpoint(direction, ref sender, ref receiver, segment);
                return direction == ConnectionDirection.Reply && !segment.HasAck;
            }
            return false;
        }
        if (segment.IsSyn)
        {
            StartEndpoint(direction, ref sender, ref receiver, segment);
            return !segment.HasAck;
        }
        unchecked
        {
            // In the middle of a connection: what this segment says has to do.
            sender.End = segment.End;
            sender.MaxWindow = Math.Max((uint)segment.Window << sender.Scale, 1);
            sender.MaxEnd = segment.End + sender.MaxWindow;
            if (receiver.MaxWindow == 0)
            {
                receiver.End = receiver.MaxEnd = sack;
            }
            else if (sack == receiver.End + 1)
            {
                // Likely the answer to a keep-alive.
                receiver.End++;
            }
        }
        return false;
    }

    private static void StartEndpoint(
        ConnectionDirection direction, ref TcpEndpoint sender, ref TcpEndpoint receiver, in TcpSegment segment)
    {
        sender.End = sender.MaxEnd = segment.End;
        sender.MaxWindow = Math.Max(segment.Window, (uint)1);
        segment.ReadOptions(ref sender);
        // Scaling needs the word of both sides (RFC 7323).
        if (direction == ConnectionDirection.Reply
            && (sender.Flags & receiver.Flags & TcpEndpointFlags.WindowScale) == 0)
        {
            (sender.Scale, receiver.Scale) = (0, 0);
        }
    }

    private static bool Before(uint one, uint other) => unchecked((int)(one - other)) < 0;

    private static bool After(uint one, uint other) => Before(other, one);
}
