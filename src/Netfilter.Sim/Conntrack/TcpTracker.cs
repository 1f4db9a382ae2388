using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>TCP (<c>nf_conntrack_proto_tcp.c</c>): the state machine with window tracking.</summary>
internal static partial class TcpTracker
{
    private enum Step
    {
        CheckWindow,
        InWindow,
        Done,
    }

    /// <summary>A segment of a connection (<c>nf_conntrack_tcp_packet</c>).</summary>
    public static TrackResult Packet(int id, Hook hook, PacketBuffer packet, in TrackContext context)
    {
        ReadOnlySpan<byte> tcp = packet.Transport;
        if (IsMalformed(hook, packet, tcp, context))
        {
            return TrackResult.Invalid;
        }
        TcpSegment segment = new(tcp);
        ref ConnectionRecord record = ref context.Tracker.Write(id);
        if (!record.IsConfirmed && !Begin(ref record, segment, context.Tracker.Settings))
        {
            return TrackResult.Invalid;
        }
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        byte oldState = record.State;
        byte newState = Transition(direction, segment.Index, oldState);
        Step step = Decide(id, ref record, direction, segment, context, ref oldState, ref newState, out TrackResult result);
        if (step == Step.Done)
        {
            return result;
        }
        if (step == Step.CheckWindow)
        {
            int offset = context.Tracker.SequenceOffset(id, direction.Opposite(), unchecked(segment.Ack - 1));
            switch (CheckWindow(ref record, direction, segment, offset, context.Tracker.Settings))
            {
                case WindowResult.Ignore:
                    return TrackResult.Accept;
                case WindowResult.Invalid:
                    OnInvalid(id, ref record, direction, segment.Index, context);
                    return TrackResult.Invalid;
            }
        }
        Enter(id, packet, ref record, direction, segment, context, oldState, newState);
        return TrackResult.Accept;
    }

    /// <summary>Whether a full table may give a connection in this state up even if it is assured (<c>tcp_can_early_drop</c>).</summary>
    public static bool CanEarlyDrop(byte state) => state is Fw or La or Tw or Cl or Cw;

    /// <summary>The local host has reset the connection (<c>nf_conntrack_tcp_set_closing</c>).</summary>
    public static void SetClosing(int id, ConnectionTracker tracker, uint jiffies)
    {
        ref ConnectionRecord record = ref tracker.Write(id);
        byte oldState = record.State;
        if (!record.IsConfirmed)
        {
            return;
        }
        record.State = Cl;
        if (oldState == Cl || record.Has(ConnectionStatus.FixedTimeout))
        {
            return;
        }
        record.Timeout = tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Tcp)[Cl] + jiffies;
        tracker.Note(ref record, ConntrackEvents.ProtocolInfo);
    }

    private static bool IsMalformed(Hook hook, PacketBuffer packet, ReadOnlySpan<byte> tcp, in TrackContext context)
    {
        if (tcp.Length < 20)
        {
            return true;
        }
        int headerLength = (tcp[12] >> 4) * 4;
        if (headerLength < 20 || tcp.Length < headerLength)
        {
            return true;
        }
        return context.FindsBadChecksum(hook, packet) || !AreFlagsValid(tcp[13]);
    }

    /// <summary>The first segment of a connection (<c>tcp_new</c>).</summary>
    private static bool Begin(ref ConnectionRecord record, in TcpSegment segment, ConntrackSettings settings)
    {
        byte newState = Transition(ConnectionDirection.Original, segment.Index, No);
        if (newState >= Iv || (newState != Ss && !settings.TcpLoose))
        {
            return false;
        }
        record.Tcp = default;
        record.State = No;
        ref TcpEndpoint client = ref record.Tcp.Original;
        client.End = client.MaxEnd = segment.End;
        client.MaxWindow = Math.Max(segment.Window, (uint)1);
        if (newState == Ss)
        {
            segment.ReadOptions(ref client);
        }
        else
        {
            // Taken over in the middle: scales are not known, so windows are not taken seriously.
            unchecked
            {
                client.MaxEnd += client.MaxWindow;
            }
            client.Flags = record.Tcp.Reply.Flags = TcpEndpointFlags.SackPermitted | TcpEndpointFlags.BeLiberal;
        }
        record.Tcp.LastIndex = TcpFlagSet.None;
        return true;
    }

    /// <summary>What the new state alone decides.</summary>
    private static Step Decide(
        int id,
        ref ConnectionRecord record,
        ConnectionDirection direction,
        in TcpSegment segment,
        in TrackContext context,
        ref byte oldState,
        ref byte newState,
        out TrackResult result)
    {
        result = TrackResult.Accept;
        ref TcpTracking tcp = ref record.Tcp;
        switch (newState)
        {
            case Ss when oldState >= Tw:
                // A new SYN after the end: a new connection, if we saw the end.
                if (((tcp.Original.Flags | tcp.Reply.Flags) & TcpEndpointFlags.CloseInit) != 0
                    || (tcp.LastDirection == direction && tcp.LastIndex == TcpFlagSet.Rst))
                {
                    result = context.Tracker.Kill(id, context.Walk) ? TrackResult.Repeat : TrackResult.Drop;
                    return Step.Done;
                }
                return Ignore(ref record, direction, segment, ref oldState, ref newState);
            case Ig:
                return Ignore(ref record, direction, segment, ref oldState, ref newState);
            case Iv:
                if (context.Tracker.IsSynProxyKeepAlive(id, direction, segment))
                {
                    return Step.Done;
                }
                result = TrackResult.Invalid;
                return Step.Done;
            case Tw when oldState == La && segment.Index == TcpFlagSet.Ack && tcp.LastDirection != direction
                && tcp.LastIndex == TcpFlagSet.Syn && (tcp.LastFlags & TcpEndpointFlags.ChallengeAckExpected) != 0:
                // A challenge ACK (RFC 5961) to a stray SYN must not be taken for the last ACK.
                tcp.LastFlags &= ~TcpEndpointFlags.ChallengeAckExpected;
                return Step.Done;
            case S2:
                tcp.LastFlags |= TcpEndpointFlags.SimultaneousOpen;
                return Step.CheckWindow;
            case Sr when direction == ConnectionDirection.Reply && segment.Index == TcpFlagSet.Ack
                && (tcp.LastFlags & TcpEndpointFlags.SimultaneousOpen) != 0:
                newState = Es;
                return Step.CheckWindow;
            case Cl when segment.Index == TcpFlagSet.Rst:
                return DecideReset(ref record, direction, segment, context.Tracker.Settings, oldState, ref newState, out result);
            default:
                return Step.CheckWindow;
        }
    }

    /// <summary>
    /// A segment that may belong to a connection we do not know of under the same tuple: it passes and is remembered, and
    /// the answer decides.
    /// </summary>
    private static Step Ignore(
        ref ConnectionRecord record, ConnectionDirection direction, in TcpSegment segment, ref byte oldState, ref byte newState)
    {
        ref TcpTracking tcp = ref record.Tcp;
        if (segment.Index == TcpFlagSet.SynAck && tcp.LastIndex == TcpFlagSet.Syn && tcp.LastDirection != direction
            && segment.Ack == tcp.LastEnd)
        {
            // It answers the SYN that was ignored: both ends have begun anew.
            (oldState, newState) = (Ss, Sr);
            ref TcpEndpoint opener =
                ref tcp.LastDirection == ConnectionDirection.Original ? ref tcp.Original : ref tcp.Reply;
            opener.End = opener.MaxEnd = tcp.LastEnd;
            opener.MaxWindow = tcp.LastWindow == 0 ? 1u : tcp.LastWindow;
            opener.Scale = tcp.LastScale;
            tcp.LastFlags &= ~TcpEndpointFlags.ChallengeAckExpected;
            opener.Flags = tcp.LastFlags;
            ref TcpEndpoint answerer = ref direction == ConnectionDirection.Original ? ref tcp.Original : ref tcp.Reply;
            answerer = new TcpEndpoint { Flags = answerer.Flags & TcpEndpointFlags.BeLiberal };
            return Step.CheckWindow;
        }
        (tcp.LastIndex, tcp.LastDirection, tcp.LastSequence) = (segment.Index, direction, segment.Sequence);
        (tcp.LastEnd, tcp.LastWindow) = (segment.End, segment.Window);
        if (segment.Index == TcpFlagSet.Syn && direction == ConnectionDirection.Original)
        {
            TcpEndpoint seen = default;
            segment.ReadOptions(ref seen);
            tcp.LastFlags = seen.Flags & (TcpEndpointFlags.WindowScale | TcpEndpointFlags.SackPermitted);
            tcp.LastScale = seen.Scale;
            if (oldState == La)
            {
                tcp.LastFlags |= TcpEndpointFlags.ChallengeAckExpected;
            }
        }
        if (oldState == Ss && segment.Index == TcpFlagSet.Ack && direction == ConnectionDirection.Reply)
        {
            tcp.LastAck = segment.Ack;
        }
        return Step.Done;
    }

    private static Step DecideReset(
        ref ConnectionRecord record,
        ConnectionDirection direction,
        in TcpSegment segment,
        ConntrackSettings settings,
        byte oldState,
        ref byte newState,
        out TrackResult result)
    {
        result = TrackResult.Accept;
        ref TcpTracking tcp = ref record.Tcp;
        if (CanEarlyDrop(oldState))
        {
            return Step.InWindow;
        }
        ref TcpEndpoint receiver = ref direction == ConnectionDirection.Original ? ref tcp.Reply : ref tcp.Original;
        if ((receiver.Flags & TcpEndpointFlags.MaxAckSet) != 0 && tcp.LastIndex != TcpFlagSet.Syn)
        {
            bool isEstablished = oldState == Es && record.Has(ConnectionStatus.Assured);
            if (segment.Sequence == 0 && !isEstablished)
            {
                return Step.CheckWindow;
            }
            if (Before(segment.Sequence, receiver.MaxAck) && !settings.TcpIgnoreInvalidRst)
            {
                result = TrackResult.Invalid;
                return Step.Done;
            }
            bool endsTrain = tcp.LastIndex == TcpFlagSet.Ack && tcp.LastDirection == direction
                && segment.Sequence == tcp.LastEnd;
            if (!isEstablished || segment.Sequence == receiver.MaxAck || endsTrain)
            {
                return Step.CheckWindow;
            }
            // Not exactly the expected number: the receiver answers with a challenge ACK and the connection may live on.
            newState = oldState;
        }
        bool answersIgnored = record.Has(ConnectionStatus.SeenReply) && tcp.LastIndex == TcpFlagSet.Syn;
        bool endsHalfOpen = !record.Has(ConnectionStatus.Assured) && tcp.LastIndex == TcpFlagSet.Ack;
        if ((answersIgnored || endsHalfOpen) && segment.Ack == tcp.LastEnd)
        {
            return Step.InWindow;
        }
        bool answersChallenge = oldState == Ss && tcp.LastIndex == TcpFlagSet.Ack
            && tcp.LastDirection == ConnectionDirection.Reply && segment.Sequence == tcp.LastAck;
        return answersChallenge ? Step.InWindow : Step.CheckWindow;
    }

    /// <summary>A segment outside the window: FIN and RST are reason to expect the end soon (<c>nf_tcp_handle_invalid</c>).</summary>
    private static void OnInvalid(
        int id, ref ConnectionRecord record, ConnectionDirection direction, TcpFlagSet index, in TrackContext context)
    {
        if (!record.Has(ConnectionStatus.Assured) || record.Has(ConnectionStatus.FixedTimeout)
            || index is not (TcpFlagSet.Rst or TcpFlagSet.Fin))
        {
            return;
        }
        ref TcpTracking tcp = ref record.Tcp;
        if (tcp.LastDirection == direction || tcp.LastIndex is not (TcpFlagSet.Fin or TcpFlagSet.Rst))
        {
            (tcp.LastIndex, tcp.LastDirection) = (index, direction);
            return;
        }
        int remaining = unchecked((int)(record.Timeout - context.Jiffies));
        uint timeout = context.Tracker.TimeoutsOf(id, context.Tracker.Settings.Timeouts.Tcp)[ConntrackTimeouts.TcpUnacknowledged];
        if (remaining >= 120 * (int)ConntrackSettings.Hz && remaining > timeout)
        {
            record.Timeout = unchecked(timeout + context.Jiffies);
        }
    }

    /// <summary>A segment inside the window: the new state, its timeout, and whether the connection is assured.</summary>
    private static void Enter(
        int id,
        PacketBuffer packet,
        ref ConnectionRecord record,
        ConnectionDirection direction,
        in TcpSegment segment,
        in TrackContext context,
        byte oldState,
        byte newState)
    {
        ConnectionTracker tracker = context.Tracker;
        ref TcpTracking tcp = ref record.Tcp;
        (tcp.LastIndex, tcp.LastDirection, record.State) = (segment.Index, direction, newState);
        if (oldState != newState)
        {
            if (newState == Fw)
            {
                (direction == ConnectionDirection.Original ? ref tcp.Original : ref tcp.Reply).Flags |=
                    TcpEndpointFlags.CloseInit;
            }
            tracker.Note(ref record, ConntrackEvents.ProtocolInfo);
        }
        uint[] timeouts = tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Tcp);
        uint timeout = TimeoutOf(tcp, segment.Index, timeouts, newState, tracker.Settings);
        if (!record.Has(ConnectionStatus.SeenReply))
        {
            if (segment.IsRst)
            {
                tracker.KillAccounted(id, packet, context.Walk);
                return;
            }
            if (segment.Index == TcpFlagSet.Syn && oldState == Ss)
            {
                // A repeated SYN does not prolong: otherwise re-used ports would keep a dead entry for ever.
                return;
            }
            if (newState == Es)
            {
                timeout = Math.Min(timeout, timeouts[ConntrackTimeouts.TcpUnacknowledged]);
            }
        }
        else if (newState == Es && (oldState is Sr or Es))
        {
            tracker.Assure(ref record);
        }
        tracker.Refresh(id, packet, timeout, context.Jiffies);
    }

    private static uint TimeoutOf(
        in TcpTracking tcp, TcpFlagSet index, uint[] timeouts, byte newState, ConntrackSettings settings)
    {
        uint retransmitted = timeouts[ConntrackTimeouts.TcpRetransmitted];
        uint unacknowledged = timeouts[ConntrackTimeouts.TcpUnacknowledged];
        uint normal = timeouts[newState];
        if (tcp.Retransmissions >= settings.TcpMaxRetransmissions && normal > retransmitted)
        {
            return retransmitted;
        }
        if (index == TcpFlagSet.Rst)
        {
            return timeouts[Cl];
        }
        if (((tcp.Original.Flags | tcp.Reply.Flags) & TcpEndpointFlags.DataUnacknowledged) != 0 && normal > unacknowledged)
        {
            return unacknowledged;
        }
        return tcp.LastWindow == 0 && normal > retransmitted ? retransmitted : normal;
    }
}
