using System.Buffers.Binary;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Conntrack.SynProxy;

/// <summary>
/// Follows the connections that SYNPROXY opened, right before they are confirmed
/// (<c>net/netfilter/nf_synproxy_core.c ipv4_synproxy_hook, ipv6_synproxy_hook</c>): finishes the server's handshake, then moves
/// sequence numbers and time stamps between what the client and the server know.
/// </summary>
internal sealed class SynProxyHook : HookFunction
{
    private const int TcpHeader = 20, TimestampKind = 8, TimestampLength = 10;

    /// <summary>The one there is: it keeps nothing.</summary>
    public static SynProxyHook Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "synproxy";

    /// <inheritdoc/>
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        int id = packet.Connection;
        if (walk.Conntrack.SynProxyOf(id) is not { } memory || packet.Protocol != IpProtocols.Tcp || !packet.HasTransport
            || packet.InDevice?.Kind == NetDeviceKind.Loopback)
        {
            return Verdict.Accept;
        }
        if (packet.Transport.Length < TcpHeader)
        {
            return Drop(walk, "SYNPROXY: the TCP header is cut off");
        }
        TcpFlags flags = (TcpFlags)packet.Transport[13];
        bool isOriginal = packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original;
        switch ((TcpState)walk.Conntrack.Read(id).State)
        {
            case TcpState.Close when (flags & TcpFlags.Rst) != 0 && !isOriginal:
                Shift(packet, unchecked((int)(memory.InitialSequence - SequenceOf(packet) + 1)), walk);
                break;
            case TcpState.Close when (flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn && isOriginal:
                walk.Conntrack.Remember(id, memory with { TimestampOffset = 0 });
                return FollowSyn(packet, flags, isOriginal, walk);
            case TcpState.SynSent:
                return FollowSyn(packet, flags, isOriginal, walk);
            case TcpState.SynReceived when (flags & (TcpFlags.Syn | TcpFlags.Ack)) == (TcpFlags.Syn | TcpFlags.Ack):
                return FinishHandshake(packet, walk);
        }
        AdjustTimestamp(packet, memory.TimestampOffset, isOriginal);
        return Verdict.Accept;
    }

    private static Verdict FollowSyn(PacketBuffer packet, TcpFlags flags, bool isOriginal, WalkContext walk)
    {
        if (!SynProxyOptions.TryRead(packet.Transport, out SynProxyOptions options))
        {
            return Drop(walk, "SYNPROXY: the TCP header is cut off");
        }
        if ((flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Ack && isOriginal)
        {
            // The client's keep-alive, one below the next number, while the server has not answered.
            return SynProxySender.OpenToServer(packet, options, unchecked(SequenceOf(packet) + 1), walk)
                ? Taken(walk, "SYNPROXY asked the server again")
                : Drop(walk, "SYNPROXY: the acknowledgement is no cookie");
        }
        ConnectionTracker tracker = walk.Conntrack;
        SynProxyMemory memory = tracker.SynProxyOf(packet.Connection)!;
        tracker.Remember(packet.Connection, memory with
        {
            InitialSequence = BinaryPrimitives.ReadUInt32BigEndian(packet.Transport[8..]),
            InitialTimestamp = options.Has(SynProxyFlags.Timestamp) ? options.TimestampEcho : memory.InitialTimestamp,
        });
        AdjustTimestamp(packet, memory.TimestampOffset, isOriginal);
        return Verdict.Accept;
    }

    private static Verdict FinishHandshake(PacketBuffer packet, WalkContext walk)
    {
        if (!SynProxyOptions.TryRead(packet.Transport, out SynProxyOptions options))
        {
            return Drop(walk, "SYNPROXY: the TCP header is cut off");
        }
        int id = packet.Connection;
        ConnectionTracker tracker = walk.Conntrack;
        SynProxyMemory memory = tracker.SynProxyOf(id)!;
        if (options.Has(SynProxyFlags.Timestamp))
        {
            tracker.Remember(id, memory with { TimestampOffset = unchecked(options.Timestamp - memory.InitialTimestamp) });
        }
        options.Flags &= ~(SynProxyFlags.Mss | SynProxyFlags.WindowScale | SynProxyFlags.SackPermitted);
        ushort window = unchecked((ushort)tracker.Read(id).Tcp.Original.MaxWindow);
        (options.Timestamp, options.TimestampEcho) = (options.TimestampEcho, options.Timestamp);
        SynProxySender.AcknowledgeServer(packet, options, window, walk);
        Shift(packet, unchecked((int)(memory.InitialSequence - SequenceOf(packet))), walk);
        (options.Timestamp, options.TimestampEcho) = (options.TimestampEcho, options.Timestamp);
        SynProxySender.OpenWindow(packet, options, walk);
        return Taken(walk, "SYNPROXY has finished the server's handshake");
    }

    // nf_ct_seqadj_init: no shift is none.
    private static void Shift(PacketBuffer packet, int offset, WalkContext walk)
    {
        if (offset != 0)
        {
            SequenceAdjuster.Start(packet.Connection, packet.ConntrackInfo.DirectionOf(), offset, walk.Conntrack);
        }
    }

    // synproxy_tstamp_adjust
    private static void AdjustTimestamp(PacketBuffer packet, uint offset, bool isOriginal)
    {
        Span<byte> tcp = packet.Writable[packet.TransportOffset..];
        int end = Math.Min((tcp[12] >> 4) * 4, tcp.Length);
        for (int at = TcpHeader; offset != 0 && at < end && tcp[at] != 0;)
        {
            if (tcp[at] == 1)
            {
                at++;
                continue;
            }
            if (at + 1 == end || tcp[at + 1] < 2 || at + tcp[at + 1] > end)
            {
                return;
            }
            if (tcp[at] == TimestampKind && tcp[at + 1] == TimestampLength)
            {
                Span<byte> field = tcp.Slice(at + (isOriginal ? 6 : 2), 4);
                uint before = BinaryPrimitives.ReadUInt32BigEndian(field);
                uint after = unchecked(isOriginal ? before + offset : before - offset);
                BinaryPrimitives.WriteUInt32BigEndian(field, after);
                ChecksumUpdate.Apply(tcp.Slice(16, 2), ChecksumUpdate.Delta(before, after));
                return;
            }
            at += tcp[at + 1];
        }
    }

    private static uint SequenceOf(PacketBuffer packet) => BinaryPrimitives.ReadUInt32BigEndian(packet.Transport[4..]);

    private static Verdict Drop(WalkContext walk, string reason)
    {
        walk.Blame(Fate.Dropped(reason));
        return Verdict.Drop;
    }

    private static Verdict Taken(WalkContext walk, string reason)
    {
        walk.Blame(Fate.Replaced(reason));
        return Verdict.Stolen;
    }
}
