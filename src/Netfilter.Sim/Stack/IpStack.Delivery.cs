using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// Local delivery (<c>ip_local_deliver</c>, <c>ip6_input</c>) and what the transport protocols answer when nobody listens
/// (<c>tcp_v4_send_reset</c>, <c>__udp4_lib_rcv</c>, <c>ip_protocol_deliver_rcu</c>).
/// </summary>
internal sealed partial class IpStack
{
    private Fate DeliverV4(PacketBuffer packet)
    {
        bool isFragment = packet.FragmentOffset != 0 || packet.MoreFragments;
        return isFragment && Collect(packet) is { } fate ? fate : Deliver(packet);
    }

    private Fate DeliverV6(PacketBuffer packet) => Deliver(packet);

    private Fate Deliver(PacketBuffer packet)
    {
        packet.OutDevice = null;
        Verdict verdict = RunHook(Hook.LocalIn, packet);
        if (verdict != Verdict.Accept)
        {
            return Walk.TakeFate(verdict);
        }
        Walk.Sink.OnDelivered(packet);
        if (Host.Configuration.LocalStack == LocalStackMode.Answer
            && (packet.Family == IpFamily.IPv4 || (IsWholeV6(packet) && AcceptsHeaderChain(packet))))
        {
            Answer(packet);
        }
        return Fate.Delivered(packet.InDevice);
    }

    private void Answer(PacketBuffer packet)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        bool isToGroup = packet.PacketType != PacketType.Host
            || packet.Route?.Type is RouteType.Broadcast or RouteType.Multicast;
        switch (packet.Protocol)
        {
            case IpProtocols.Icmp when isIPv4:
                AnswerIcmpV4(packet);
                break;
            case IpProtocols.IcmpV6 when !isIPv4:
                AnswerIcmpV6(packet);
                break;
            case IpProtocols.Tcp when !isToGroup && FindListener(packet) is null
                && TcpReset.MayAnswer(packet, packet.IsSumKept) && packet.Transport[12] >> 4 >= 5:
                AnswerWithReset(packet);
                break;
            case IpProtocols.Udp or IpProtocols.UdpLite when !isToGroup && FindListener(packet) is null && IsSoundUdp(packet):
                ForgetConnection(packet);
                SendIcmpError(
                    packet,
                    isIPv4 ? IcmpType.DestinationUnreachable : Icmpv6Type.DestinationUnreachable,
                    isIPv4 ? IcmpCode.PortUnreachable : Icmpv6Code.PortUnreachable);
                break;
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Pim:
            case IpProtocols.Igmp when isIPv4:
                break;
            default:
                AnswerUnknownProtocol(packet);
                break;
        }
    }

    /// <summary>IPv4 names the protocol; IPv6 points at the field that names it, unless the headers end there.</summary>
    private void AnswerUnknownProtocol(PacketBuffer packet)
    {
        if (packet.Family == IpFamily.IPv4)
        {
            SendIcmpError(packet, IcmpType.DestinationUnreachable, IcmpCode.ProtocolUnreachable);
        }
        else if (packet.Protocol != 59)
        {
            SendIcmpError(packet, Icmpv6Type.ParameterProblem, Icmpv6Code.UnknownNextHeader, (uint)NextHeaderField(packet.Span));
        }
    }

    /// <summary>Offset of the field that names the last header of the chain.</summary>
    private static int NextHeaderField(ReadOnlySpan<byte> ip)
    {
        (int field, int offset) = (6, 40);
        while (offset + 8 <= ip.Length && ip[field] is 0 or 43 or 44 or 60)
        {
            int length = ip[field] == 44 ? 8 : (ip[offset + 1] + 1) * 8;
            (field, offset) = (offset, offset + length);
        }
        return field;
    }

    /// <summary><c>tcp_v4_send_reset</c>, <c>tcp_v6_send_reset</c>.</summary>
    private void AnswerWithReset(PacketBuffer packet)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        if (!IpOptionsEcho.TryCreate(packet, Fib, stackalloc byte[IpOptions.MaxLength], out IpOptionsEcho options))
        {
            return;
        }
        options.Build(isIPv4 ? packet.DestinationV4 : 0, isIPv4 ? packet.SourceV4 : 0, TimeOfDay);
        PacketBuffer reset = Rent();
        TcpReset.Write(
            reset, packet, (byte)(packet.TypeOfService & 0xfc), (byte)Host.Configuration.Sysctls.DefaultTtl, options: options.Options);
        Redirect(reset, options.FirstHop);
        if (!isIPv4)
        {
            reset.MakeChecksumPartial();
        }
        reset.Mark = ReplyMark(packet);
        reset.Socket = isIPv4 ? ControlSocket : null;
        RouteKey key = KeyOf(reset, Fib.Loopback.Index);
        key.OutIndex = !isIPv4 && Fib.NeedsStrictV6(reset.Destination) ? packet.InDevice!.Index : 0;
        RouteResult route = isIPv4 ? Fib.RouteOutputV4(key, false, out _) : Fib.RouteOutputV6(key, out _);
        if (Fib.ThrowsAway(route.Type))
        {
            Return(reset);
            return;
        }
        reset.Route = route;
        LocalOut(reset, LifeCause.Answered);
    }

    /// <summary>The socket that a packet for this host goes to, or null.</summary>
    private LocalSocket? FindListener(PacketBuffer packet) => packet.Socket ?? (packet.Transport.Length < 4 ? null : Host.FindSocket(
        packet.Protocol,
        packet.Destination,
        BinaryPrimitives.ReadUInt16BigEndian(packet.Transport[2..]),
        new NetEndpoint(packet.Source, BinaryPrimitives.ReadUInt16BigEndian(packet.Transport))));

    private static void ForgetConnection(PacketBuffer packet)
    {
        packet.Connection = -1;
        packet.ConntrackInfo = Conntrack.ConntrackInfo.None;
    }
}
