using System.Buffers.Binary;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// pptp: the control connection agrees on call ids, which are the keys of GRE (<c>nf_conntrack_pptp.c</c>,
/// <c>nf_nat_pptp.c</c>).
/// </summary>
internal sealed class PptpHelper : ConnectionHelper
{
    private const uint MagicCookie = 0x1a2b3c4d;
    private const int HeaderLength = 12;

    // Messages.
    private const int StartRequest = 1;
    private const int StartReply = 2;
    private const int StopRequest = 3;
    private const int StopReply = 4;
    private const int OutCallRequest = 7;
    private const int OutCallReply = 8;
    private const int InCallRequest = 9;
    private const int InCallReply = 10;
    private const int InCallConnect = 11;
    private const int ClearRequest = 12;
    private const int DisconnectNotify = 13;
    private const int WanErrorNotify = 14;
    private const int SetLinkInfo = 15;

    // States of the session.
    private const byte SessionNone = 0;
    private const byte SessionError = 1;
    private const byte SessionStopRequested = 2;
    private const byte SessionRequested = 3;
    private const byte SessionConfirmed = 4;

    // States of the call.
    private const byte CallNone = 0;
    private const byte CallOutRequested = 2;
    private const byte CallOutConfirmed = 3;
    private const byte CallInRequested = 4;
    private const byte CallInReplied = 5;
    private const byte CallInConfirmed = 6;
    private const byte CallClearRequested = 7;

    /// <inheritdoc/>
    public override string Name => "pptp";

    // By message: length of its body in bytes (pptp_msg_size).
    private static ReadOnlySpan<byte> BodyLengths => [0, 144, 144, 4, 4, 4, 8, 156, 20, 208, 12, 16, 4, 136, 28, 12];

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(2, 300);

    /// <inheritdoc/>
    public override void OnDestroy(int connection, ConnectionTracker tracker) => tracker.ForgetGreKeys(connection);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.ConntrackInfo is not (ConntrackInfo.Established or ConntrackInfo.EstablishedReply)
            || !TryGetTcpPayload(packet, out ReadOnlySpan<byte> text) || text.Length < HeaderLength
            || BinaryPrimitives.ReadUInt16BigEndian(text[2..]) != 1
            || BinaryPrimitives.ReadUInt32BigEndian(text[4..]) != MagicCookie)
        {
            return Verdict.Accept;
        }
        int message = BinaryPrimitives.ReadUInt16BigEndian(text[8..]);
        ReadOnlySpan<byte> body = text[HeaderLength..];
        if (message is 0 or > SetLinkInfo || body.Length < BodyLengths[message])
        {
            return Verdict.Accept;
        }
        ConnectionTracker tracker = walk.Conntrack;
        return packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original
            ? FromClient(packet, connection, message, body, tracker, walk)
            : FromServer(packet, connection, message, body, tracker, walk);
    }

    private static Verdict FromClient(
        PacketBuffer packet, int connection, int message, ReadOnlySpan<byte> body, ConnectionTracker tracker, WalkContext walk)
    {
        ref HelperMemory memory = ref tracker.Table.WriteExtension(connection).HelperMemory;
        switch (message)
        {
            case StartRequest when memory.SessionState == SessionNone:
                memory.SessionState = SessionRequested;
                break;
            case StopRequest:
                memory.SessionState = SessionStopRequested;
                break;
            case OutCallRequest when memory.SessionState == SessionConfirmed:
                (memory.CallState, memory.ClientCallId) = (CallOutRequested, Id(body, 0));
                break;
            case InCallReply when memory.CallState is CallInRequested or CallInReplied && memory.ServerCallId == Id(body, 2):
                (memory.CallState, memory.ClientCallId) = (CallInReplied, Id(body, 0));
                break;
            case ClearRequest when memory.SessionState == SessionConfirmed:
                memory.CallState = CallClearRequested;
                break;
            default:
                return Verdict.Accept;
        }
        if (!IsTranslated(connection, tracker) || message is not (OutCallRequest or InCallReply or ClearRequest))
        {
            return Verdict.Accept;
        }
        if (message == OutCallRequest)
        {
            // No call id can be reserved; the translated source port of the control connection is taken for one.
            memory.NatClientCallId = memory.ClientCallId;
            memory.ClientCallId = tracker.Reply(connection).DestinationPort;
        }
        return ReplaceId(packet, connection, 0, memory.ClientCallId, tracker, walk);
    }

    private static Verdict FromServer(
        PacketBuffer packet, int connection, int message, ReadOnlySpan<byte> body, ConnectionTracker tracker, WalkContext walk)
    {
        ref HelperMemory memory = ref tracker.Table.WriteExtension(connection).HelperMemory;
        bool isConfirmed = memory.SessionState == SessionConfirmed;
        switch (message)
        {
            case StartReply when memory.SessionState >= SessionRequested:
                memory.SessionState = body[2] == 1 ? SessionConfirmed : SessionError;
                break;
            case StopReply when memory.SessionState <= SessionStopRequested:
                memory.SessionState = body[0] == 1 ? SessionNone : SessionError;
                break;
            case OutCallReply when isConfirmed && memory.CallState is CallOutRequested or CallOutConfirmed
                && memory.ClientCallId == Id(body, 2):
                if (body[4] == 1)
                {
                    (memory.CallState, memory.ServerCallId) = (CallOutConfirmed, Id(body, 0));
                    ExpectCall(connection, memory.ServerCallId, memory.ClientCallId, tracker, walk);
                }
                else
                {
                    memory.CallState = CallNone;
                }
                break;
            case InCallRequest when isConfirmed:
                (memory.CallState, memory.ServerCallId) = (CallInRequested, Id(body, 0));
                break;
            case InCallConnect when isConfirmed && memory.CallState is CallInReplied or CallInConfirmed
                && memory.ClientCallId == Id(body, 0):
                memory.CallState = CallInConfirmed;
                ExpectCall(connection, memory.ServerCallId, memory.ClientCallId, tracker, walk);
                break;
            case DisconnectNotify:
                memory.CallState = CallNone;
                tracker.ForgetCalls(connection);
                break;
            case WanErrorNotify or SetLinkInfo:
                break;
            default:
                return Verdict.Accept;
        }
        bool namesClient = message is OutCallReply or InCallConnect or WanErrorNotify or DisconnectNotify or SetLinkInfo;
        return !namesClient || !IsTranslated(connection, tracker) ? Verdict.Accept
            : ReplaceId(packet, connection, message == OutCallReply ? 2 : 0, memory.NatClientCallId, tracker, walk);
    }

    /// <summary>Expects GRE in both directions (<c>exp_gre</c>, <c>pptp_exp_gre</c>).</summary>
    private static void ExpectCall(int connection, ushort serverId, ushort clientId, ConnectionTracker tracker, WalkContext walk)
    {
        ConnectionTuple original = tracker.Original(connection), reply = tracker.Reply(connection);
        Expectation outward = Expect(connection, original.Source, original.Destination, IpProtocols.Gre, clientId, serverId);
        Expectation inward = Expect(connection, reply.Source, reply.Destination, IpProtocols.Gre, serverId, clientId);
        outward = outward with { Function = ExpectationFunction.Pptp };
        inward = inward with { Function = ExpectationFunction.Pptp, Direction = ConnectionDirection.Reply };
        if (IsTranslated(connection, tracker))
        {
            ref HelperMemory memory = ref tracker.Table.WriteExtension(connection).HelperMemory;
            memory.NatServerCallId = memory.ServerCallId;
            outward = outward with
            {
                SavedPort = memory.ClientCallId,
                Tuple = outward.Tuple with { SourcePort = memory.NatClientCallId },
            };
            inward = inward with { SavedPort = memory.NatClientCallId };
        }
        uint now = ConnectionTracker.JiffiesOf(walk.NowNanoseconds);
        if (tracker.Expect(outward, now) != ExpectationResult.Added)
        {
            return;
        }
        if (tracker.Expect(inward, now) != ExpectationResult.Added)
        {
            tracker.Withdraw(connection, outward.Tuple);
            return;
        }
        tracker.AddGreKey(connection, outward.Tuple);
        tracker.AddGreKey(connection, inward.Tuple);
    }

    private static Verdict ReplaceId(
        PacketBuffer packet, int connection, int offset, ushort id, ConnectionTracker tracker, WalkContext walk)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, id);
        return ReplaceInTcp(packet, connection, HeaderLength + offset, 2, bytes, tracker)
            ? Verdict.Accept : Refuse("cannot mangle packet", walk);
    }

    private static ushort Id(ReadOnlySpan<byte> body, int offset) => BinaryPrimitives.ReadUInt16BigEndian(body[offset..]);
}
