using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Raw sockets (<c>net/ipv4/raw.c raw_send_hdrinc</c>, <c>net/ipv6/raw.c rawv6_send_hdrinc</c>).</summary>
internal sealed partial class IpStack
{
    // Why the route after OUTPUT failed: the sender is told that instead of EPERM (NF_DROP_ERR).
    private SendError _rerouteError;

    /// <summary>A local program sends a whole packet; all that follows happens before this returns.</summary>
    /// <param name="ip">The packet. IPv4: its length, checksum and an identification of 0 are filled in.</param>
    /// <param name="socket">The socket, with its mark and owner.</param>
    public SendError Send(ReadOnlySpan<byte> ip, LocalSocket socket)
    {
        PacketBuffer packet = Rent();
        packet.Load(ip);
        SendError error = PrepareSend(packet, socket);
        if (error != SendError.None)
        {
            Return(packet);
            return error;
        }
        _rerouteError = SendError.None;
        int outer = Walk.BeginLife(LifeCause.Sent, packet);
        NoteRoute(packet, packet.Route!);
        Fate fate = OutputLocal(packet);
        bool isDropped = !_isLastQueued && fate.Kind is (FateKind.Dropped or FateKind.Rejected);
        Finish(packet, outer, fate);
        DrainLoopback();
        return !isDropped ? SendError.None
            : _rerouteError != SendError.None ? _rerouteError : SendError.Permission;
    }

    private static SendError ErrorOf(RouteType type) => type switch
    {
        RouteType.Unreachable => SendError.HostUnreachable,
        RouteType.Prohibit => SendError.AccessDenied,
        RouteType.Blackhole => SendError.InvalidArgument,
        _ => SendError.NetUnreachable,
    };

    private SendError PrepareSend(PacketBuffer packet, LocalSocket socket)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        int headerLength = isIPv4 ? packet.Length > 0 ? (packet.Span[0] & 15) * 4 : 20 : 40;
        if (packet.Length < Math.Max(headerLength, isIPv4 ? 20 : 40) || headerLength < 20 || packet.Span[0] >> 4 is not (4 or 6))
        {
            return SendError.InvalidArgument;
        }
        packet.Mark = socket.Mark;
        packet.Socket = socket;
        RouteKey key = KeyOf(packet, Fib.Loopback.Index);
        key.Tos = 0;
        key.Uid = socket.Uid;
        bool isOwnSource = Fib.IsLocal(packet.Source);
        key.Source = isOwnSource ? key.Source : new NetAddress(packet.Family, 0);
        RouteResult route = isIPv4 ? Fib.RouteOutputV4(key, false, out NetAddress source) : Fib.RouteOutputV6(key, out source);
        if (Fib.ThrowsAway(route.Type))
        {
            return ErrorOf(route.Type);
        }
        if (packet.Length > route.Device!.Mtu)
        {
            return SendError.MessageTooLong;
        }
        if (isIPv4)
        {
            CompleteHeaderV4(packet, source);
        }
        packet.Route = route;
        return SendError.None;
    }

    private void CompleteHeaderV4(PacketBuffer packet, NetAddress source)
    {
        if (packet.SourceV4 == 0)
        {
            source.WriteBytes(packet.Writable.Slice(12, 4));
        }
        if (packet.ReadUInt16(4) == 0)
        {
            packet.SetIdentification(NextIdentification());
        }
        packet.SetLength(packet.Length);
    }

    private ushort NextIdentification() => (ushort)Walk.Chance.Choose(Determinism.ChancePurpose.PacketIdentification, 65536);
}
