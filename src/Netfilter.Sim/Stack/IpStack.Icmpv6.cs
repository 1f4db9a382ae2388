using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>ICMPv6 errors and echo replies (<c>net/ipv6/icmp.c</c>).</summary>
internal sealed partial class IpStack
{
    private void SendErrorV6(PacketBuffer about, byte type, byte code, uint info)
    {
        NetAddress source = about.Source;
        bool isToGroup = about.Span[24] == 0xff || about.PacketType != PacketType.Host;
        bool mayBeToGroup = type == Icmpv6Type.PacketTooBig || (type == Icmpv6Type.ParameterProblem && code == 2);
        if (_isSendingIcmp || (isToGroup && !mayBeToGroup) || source.Bits == 0 || source.Bits >> 120 == 0xff || !IcmpError.MayBeAbout(about))
        {
            return;
        }
        bool isToUs = !isToGroup && (Fib.OwnsAddress(about.Destination) || about.Route?.Type == RouteType.Anycast);
        NetAddress from = isToUs ? about.Destination
            : about.InDevice is { } device && about.PhysOutDevice is null ? Fib.SelectSourceV6(device, source) ?? new NetAddress(UInt128.Zero)
            : new NetAddress(UInt128.Zero);
        RouteKey key = new()
        {
            Destination = source,
            Source = from,
            InIndex = Fib.Loopback.Index,
            OutIndex = Fib.NeedsStrictV6(source) ? about.InDevice?.Index ?? 0 : 0,
            Mark = ReplyMark(about),
            Protocol = IpProtocols.IcmpV6,
        };
        RouteResult route = Fib.RouteOutputV6(key, out from);
        if (Fib.ThrowsAway(route.Type) || route.Type == RouteType.Anycast || !IsRateAllowedV6(source, route, type))
        {
            return;
        }
        PacketBuffer error = Rent();
        IcmpError.WriteV6(error, about, from.Bits, source.Bits, type, code, info, HopLimitBy(route));
        SendAnswer(error, route, key.Mark, about, LifeCause.Answered);
    }

    private byte HopLimitBy(RouteResult route) => (byte)Fib.Flags(route.Device!).HopLimit;

    /// <summary><c>icmpv6_rcv</c>, <c>icmpv6_echo_reply</c>.</summary>
    private void AnswerIcmpV6(PacketBuffer packet)
    {
        ReadOnlySpan<byte> icmp = packet.Transport;
        SysctlSettings sysctls = Host.Configuration.Sysctls;
        if (icmp.Length < 8 || icmp[0] != Icmpv6Type.Echo
            || Checksum.OfTransport(packet.Span, IpFamily.IPv6, packet.TransportOffset, IpProtocols.IcmpV6) != 0
            || sysctls.Global("net.ipv6.icmp.echo_ignore_all") != 0)
        {
            return;
        }
        bool isToGroup = packet.Span[24] == 0xff;
        bool isToAnycast = packet.Route?.Type == RouteType.Anycast;
        if (isToGroup && sysctls.Global("net.ipv6.icmp.echo_ignore_multicast") != 0)
        {
            return;
        }
        bool keepsSource = !isToGroup && (!isToAnycast || sysctls.Global("net.ipv6.anycast_src_echo_reply") != 0);
        RouteKey key = new()
        {
            Destination = packet.Source,
            Source = keepsSource ? packet.Destination : new NetAddress(UInt128.Zero),
            InIndex = Fib.Loopback.Index,
            OutIndex = Fib.NeedsStrictV6(packet.Source) ? packet.InDevice!.Index : 0,
            Mark = ReplyMark(packet),
            Protocol = IpProtocols.IcmpV6,
        };
        RouteResult route = Fib.RouteOutputV6(key, out NetAddress source);
        if (Fib.ThrowsAway(route.Type))
        {
            return;
        }
        PacketBuffer reply = Rent();
        IcmpError.WriteEchoReply(reply, packet, source, 0, ttl: HopLimitBy(route));
        reply.Route = route;
        reply.Mark = key.Mark;
        reply.Socket = ControlSocket;
        SendIcmp(reply, LifeCause.Answered);
    }
}
