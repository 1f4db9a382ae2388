using System.Buffers.Binary;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>SCTP (<c>nf_conntrack_proto_sctp.c</c>): the association's states and its verification tags.</summary>
internal static class SctpTracker
{
    private const byte Data = 0;
    private const byte Init = 1;
    private const byte InitAck = 2;
    private const byte Heartbeat = 4;
    private const byte HeartbeatAck = 5;
    private const byte Abort = 6;
    private const byte Shutdown = 7;
    private const byte ShutdownAck = 8;
    private const byte Error = 9;
    private const byte CookieEcho = 10;
    private const byte CookieAck = 11;
    private const byte ShutdownComplete = 14;

    private const byte No = (byte)SctpState.None;
    private const byte Cl = (byte)SctpState.Closed;
    private const byte Cw = (byte)SctpState.CookieWait;
    private const byte Ce = (byte)SctpState.CookieEchoed;
    private const byte Es = (byte)SctpState.Established;
    private const byte Ss = (byte)SctpState.ShutdownSent;
    private const byte Sr = (byte)SctpState.ShutdownReceived;
    private const byte Sa = (byte)SctpState.ShutdownAckSent;
    private const byte Hs = (byte)SctpState.HeartbeatSent;
    private const byte Iv = 9;

    private const int StateCount = 9;
    private const int RowCount = 11;

    // Direction, chunk, old state: new state (sctp_conntracks).
    private static ReadOnlySpan<byte> Transitions =>
    [
        // Original direction. Old state:
        // No  Cl  Cw  Ce  Es  Ss  Sr  Sa  Hs
        Cl, Cl, Cw, Ce, Es, Cl, Cl, Sa, Cw, // INIT begins, also again while the old association shuts down
        Cl, Cl, Cw, Ce, Es, Ss, Sr, Sa, Cl, // INIT ACK
        Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, // ABORT ends
        Cl, Cl, Cw, Ce, Ss, Ss, Sr, Sa, Cl, // SHUTDOWN of an established association
        Sa, Cl, Cw, Ce, Es, Sa, Sa, Sa, Sa, // SHUTDOWN ACK answers a SHUTDOWN
        Cl, Cl, Cw, Ce, Es, Ss, Sr, Sa, Cl, // ERROR
        Cl, Cl, Ce, Ce, Es, Ss, Sr, Sa, Cl, // COOKIE ECHO after INIT ACK
        Cl, Cl, Cw, Ce, Es, Ss, Sr, Sa, Cl, // COOKIE ACK cannot come this way
        Cl, Cl, Cw, Ce, Es, Ss, Sr, Cl, Cl, // SHUTDOWN COMPLETE closes
        Hs, Cl, Cw, Ce, Es, Ss, Sr, Sa, Hs, // HEARTBEAT of a second path
        Cl, Cl, Cw, Ce, Es, Ss, Sr, Sa, Hs, // HEARTBEAT ACK

        // Reply direction. Old state:
        // No  Cl  Cw  Ce  Es  Ss  Sr  Sa  Hs
        Iv, Cl, Cw, Ce, Es, Ss, Sr, Sa, Iv, // INIT
        Iv, Cw, Cw, Ce, Es, Ss, Sr, Sa, Iv, // INIT ACK answers INIT
        Iv, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Iv, // ABORT ends
        Iv, Cl, Cw, Ce, Sr, Ss, Sr, Sa, Iv, // SHUTDOWN from the server
        Iv, Cl, Cw, Ce, Es, Sa, Sa, Sa, Iv, // SHUTDOWN ACK
        Iv, Cl, Cw, Cl, Es, Ss, Sr, Sa, Iv, // ERROR: a stale cookie
        Iv, Cl, Cw, Ce, Es, Ss, Sr, Sa, Iv, // COOKIE ECHO cannot come this way
        Iv, Cl, Cw, Es, Es, Ss, Sr, Sa, Iv, // COOKIE ACK establishes
        Iv, Cl, Cw, Ce, Es, Ss, Sr, Cl, Iv, // SHUTDOWN COMPLETE closes
        Iv, Cl, Cw, Ce, Es, Ss, Sr, Sa, Hs, // HEARTBEAT
        Iv, Cl, Cw, Ce, Es, Ss, Sr, Sa, Es, // HEARTBEAT ACK: the second path is alive
    ];

    /// <summary>A packet of an association (<c>nf_conntrack_sctp_packet</c>).</summary>
    public static TrackResult Packet(int id, Hook hook, PacketBuffer packet, in TrackContext context)
    {
        ReadOnlySpan<byte> sctp = packet.Transport;
        if (sctp.Length < 12 || (context.VerifiesChecksum(hook)
            && BinaryPrimitives.ReadUInt32LittleEndian(sctp[8..]) != Checksum.Sctp(sctp)))
        {
            return TrackResult.Invalid;
        }
        ChunkSet chunks = default;
        if (!Survey(sctp, ref chunks))
        {
            return TrackResult.Invalid;
        }
        ref ConnectionRecord record = ref context.Tracker.Write(id);
        if (!record.IsConfirmed
            && (chunks.Has(Abort) || chunks.Has(ShutdownComplete) || chunks.Has(CookieAck) || !Begin(ref record, sctp)))
        {
            return TrackResult.Invalid;
        }
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        uint tag = BinaryPrimitives.ReadUInt32BigEndian(sctp[4..]);
        bool hasOwnTagRule = chunks.Has(Init) || chunks.Has(ShutdownComplete) || chunks.Has(CookieEcho) || chunks.Has(Abort)
            || chunks.Has(ShutdownAck) || chunks.Has(Heartbeat) || chunks.Has(HeartbeatAck);
        if (!hasOwnTagRule && tag != TagOf(ref record, direction))
        {
            return TrackResult.Invalid;
        }
        return Walk(id, packet, sctp, chunks, ref record, direction, tag, context);
    }

    private static TrackResult Walk(
        int id,
        PacketBuffer packet,
        ReadOnlySpan<byte> sctp,
        in ChunkSet chunks,
        ref ConnectionRecord record,
        ConnectionDirection direction,
        uint tag,
        in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        bool keepsTimeout = false;
        byte newState = No;
        for (int offset = 12; NextChunk(sctp, ref offset, out ReadOnlySpan<byte> chunk);)
        {
            byte type = chunk[0];
            if (!CheckTag(ref record, direction, chunk, tag, chunks.Has(Data) || keepsTimeout, out bool isSkipped))
            {
                return TrackResult.Invalid;
            }
            if (isSkipped)
            {
                keepsTimeout = true;
                continue;
            }
            byte oldState = record.State;
            newState = Transition(direction, type, oldState);
            if (newState == Iv)
            {
                return TrackResult.Invalid;
            }
            if (type is Init or InitAck)
            {
                if (chunk.Length < 20)
                {
                    return TrackResult.Invalid;
                }
                TagOf(ref record, direction.Opposite()) = BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]);
                keepsTimeout |= newState == Cl && oldState == Cl && record.IsConfirmed;
            }
            record.State = newState;
            if (oldState != newState)
            {
                tracker.Note(ref record, ConntrackEvents.ProtocolInfo);
                if (newState == Es)
                {
                    tracker.Assure(ref record);
                }
            }
        }
        if (!keepsTimeout)
        {
            tracker.Refresh(id, packet, tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Sctp)[newState], context.Jiffies);
        }
        return TrackResult.Accept;
    }

    /// <summary>The verification tag rules of RFC 9260, 8.5.1, and those of a second path's heartbeats.</summary>
    private static bool CheckTag(
        ref ConnectionRecord record,
        ConnectionDirection direction,
        ReadOnlySpan<byte> chunk,
        uint tag,
        bool refusesStranger,
        out bool isSkipped)
    {
        isSkipped = false;
        ref uint own = ref TagOf(ref record, direction);
        switch (chunk[0])
        {
            case Init:
                return tag == 0;
            case Abort or ShutdownComplete:
                return tag == ((chunk[1] & 1) == 0 ? own : TagOf(ref record, direction.Opposite()));
            case CookieEcho:
                return tag == own;
            case Heartbeat or HeartbeatAck when own == 0:
                own = tag;
                return true;
            case Heartbeat or HeartbeatAck when tag == own:
                record.Sctp.HeartbeatTagFailed = false;
                return true;
            case Heartbeat:
                if (refusesStranger)
                {
                    return false;
                }
                (record.Sctp.HeartbeatTagFailed, record.Sctp.LastDirection, isSkipped) = (true, direction, true);
                return true;
            case HeartbeatAck:
                if (refusesStranger || !record.Sctp.HeartbeatTagFailed || record.Sctp.LastDirection == direction)
                {
                    return false;
                }
                record.Sctp.HeartbeatTagFailed = false;
                own = tag;
                TagOf(ref record, direction.Opposite()) = 0;
                return true;
            default:
                return true;
        }
    }

    /// <summary>The first packet of an association (<c>sctp_new</c>).</summary>
    private static bool Begin(ref ConnectionRecord record, ReadOnlySpan<byte> sctp)
    {
        record.Sctp = default;
        uint tag = BinaryPrimitives.ReadUInt32BigEndian(sctp[4..]);
        for (int offset = 12; NextChunk(sctp, ref offset, out ReadOnlySpan<byte> chunk);)
        {
            byte newState = Transition(ConnectionDirection.Original, chunk[0], No);
            if (newState is No or Iv)
            {
                return false;
            }
            if (chunk[0] == Init)
            {
                if (tag != 0 || chunk.Length < 20)
                {
                    return false;
                }
                record.Sctp.ReplyTag = BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]);
            }
            else if (chunk[0] == Heartbeat)
            {
                record.Sctp.OriginalTag = tag;
            }
            else
            {
                record.Sctp.ReplyTag = tag;
            }
            record.State = No;
        }
        return true;
    }

    /// <summary>Chunks that must stand alone or first, and empty ones (<c>do_basic_checks</c>).</summary>
    private static bool Survey(ReadOnlySpan<byte> sctp, ref ChunkSet chunks)
    {
        int count = 0;
        bool standsAlone = false;
        for (int offset = 12; offset < sctp.Length && offset + 4 <= sctp.Length; count++)
        {
            ReadOnlySpan<byte> chunk = sctp[offset..];
            int length = BinaryPrimitives.ReadUInt16BigEndian(chunk[2..]);
            standsAlone |= chunk[0] is Init or InitAck or ShutdownComplete;
            if (length == 0 || (count != 0 && (standsAlone || chunk[0] is CookieAck or CookieEcho)))
            {
                return false;
            }
            chunks.Add(chunk[0]);
            offset += (length + 3) & ~3;
        }
        return count > 0;
    }

    private static bool NextChunk(ReadOnlySpan<byte> sctp, ref int offset, out ReadOnlySpan<byte> chunk)
    {
        if (offset + 4 > sctp.Length)
        {
            chunk = default;
            return false;
        }
        chunk = sctp[offset..];
        offset += (BinaryPrimitives.ReadUInt16BigEndian(chunk[2..]) + 3) & ~3;
        return true;
    }

    private static byte Transition(ConnectionDirection direction, byte chunk, byte state)
    {
        int row = chunk switch
        {
            Init => 0,
            InitAck => 1,
            Abort => 2,
            Shutdown => 3,
            ShutdownAck => 4,
            Error => 5,
            CookieEcho => 6,
            CookieAck => 7,
            ShutdownComplete => 8,
            Heartbeat => 9,
            HeartbeatAck => 10,
            _ => -1,
        };
        return row < 0 ? state : Transitions[((((int)direction * RowCount) + row) * StateCount) + state];
    }

    private static ref uint TagOf(ref ConnectionRecord record, ConnectionDirection direction) =>
        ref direction == ConnectionDirection.Original ? ref record.Sctp.OriginalTag : ref record.Sctp.ReplyTag;

    /// <summary>The chunk types in a packet; only those with a number below 64 are ever asked for.</summary>
    private struct ChunkSet
    {
        private ulong _types;

        public void Add(byte type) => _types |= type < 64 ? 1ul << type : 0;

        public readonly bool Has(byte type) => (_types >> type & 1) != 0;
    }
}
