using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>ICMP errors and echo replies (<c>net/ipv4/icmp.c</c>).</summary>
internal sealed partial class IpStack
{
    private const int LongestSummedAnew = 76; // CHECKSUM_BREAK

    private bool _isSendingIcmp;

    /// <summary>The socket that the kernel's own answers come from (<c>inet_ctl_sock_create</c>).</summary>
    private static readonly LocalSocket ControlSocket = new(255, 0) { IsKernel = true };

    /// <summary>The source of an ICMP error when the host has no address at all (RFC 7600).</summary>
    private const uint DummyAddress = 0xc0000008;

    /// <summary>
    /// Sends an ICMP or ICMPv6 error about a packet, if one may be sent (<c>icmp_send</c>, <c>icmpv6_send</c>): not about errors,
    /// later fragments, groups and broadcasts. It has left when this returns.
    /// </summary>
    /// <param name="about">The packet, with its route if it has one.</param>
    /// <param name="type">The ICMP type.</param>
    /// <param name="code">The ICMP code.</param>
    /// <param name="info">The second word of the header: the MTU, the pointer.</param>
    public void SendIcmpError(PacketBuffer about, byte type, byte code, uint info = 0)
    {
        if (about.Family == IpFamily.IPv4)
        {
            SendErrorV4(about, type, code, info);
        }
        else
        {
            SendErrorV6(about, type, code, info);
        }
    }

    private void SendErrorV4(PacketBuffer about, byte type, byte code, uint info)
    {
        bool isToGroup = about.Route?.Type is RouteType.Broadcast or RouteType.Multicast;
        bool isBridged = about.PhysOutDevice is not null;
        if (_isSendingIcmp || (about.Route is null && !isBridged) || about.PacketType != PacketType.Host || isToGroup || !IcmpError.MayBeAbout(about))
        {
            return;
        }
        if (!IpOptionsEcho.TryCreate(about, Fib, stackalloc byte[IpOptions.MaxLength], out IpOptionsEcho options))
        {
            return;
        }
        RouteKey key = new()
        {
            Destination = options.FirstHop is { } hop ? new NetAddress(hop) : about.Source,
            Source = about.Route?.Type == RouteType.Local ? about.Destination : new NetAddress(0u),
            InIndex = Fib.Loopback.Index,
            Mark = ReplyMark(about),
            Tos = (byte)((about.Span[1] & 0x1e) | 0xc0),
            Protocol = IpProtocols.Icmp,
        };
        RouteResult route = Fib.RouteOutputV4(key, false, out NetAddress source);
        if (Fib.ThrowsAway(route.Type) || !IsRateAllowedV4(about.Source, route, type, code))
        {
            return;
        }
        PacketBuffer error = Rent();
        uint from = source.IPv4Bits != 0 ? source.IPv4Bits : DummyAddress;
        options.Build(from, about.SourceV4, TimeOfDay);
        bool isWritten = IcmpError.WriteV4(
            error, about, from, key.Destination.IPv4Bits, type, code, info, NextIdentification(), route.EffectiveMtu,
            options.Options, ttl: (byte)Host.Configuration.Sysctls.DefaultTtl);
        SendAnswer(error, isWritten ? route : null, key.Mark, about, LifeCause.Answered);
    }

    /// <summary>Sends what was written, as part of the connection of the packet it is about (<c>nf_ct_attach</c>).</summary>
    private void SendAnswer(PacketBuffer answer, RouteResult? route, uint mark, PacketBuffer about, LifeCause cause)
    {
        if (route is null)
        {
            Return(answer);
            return;
        }
        answer.Route = route;
        answer.Mark = mark;
        answer.Socket = ControlSocket;
        ConnectionTracker.Attach(answer, about);
        SendIcmp(answer, cause);
    }

    /// <summary>
    /// Sends an ICMP message of the host's own. While it is on its way no error can be sent, since the socket for them is
    /// busy: REJECT does not answer it (<c>icmp_xmit_lock</c>, <c>icmpv6_xmit_lock</c>).
    /// </summary>
    private void SendIcmp(PacketBuffer message, LifeCause cause)
    {
        _isSendingIcmp = true;
        LocalOut(message, cause);
        _isSendingIcmp = false;
    }

    /// <summary>The mark of an answer (<c>IP4_REPLY_MARK</c>, <c>IP6_REPLY_MARK</c>).</summary>
    private uint ReplyMark(PacketBuffer about)
    {
        string key = about.Family == IpFamily.IPv4 ? "net.ipv4.fwmark_reflect" : "net.ipv6.fwmark_reflect";
        return about.Mark != 0 && Host.Configuration.Sysctls.Global(key) != 0 ? about.Mark : 0;
    }

    /// <summary><c>icmp_rcv</c>: only echo requests are answered.</summary>
    private void AnswerIcmpV4(PacketBuffer packet)
    {
        ReadOnlySpan<byte> icmp = packet.Transport;
        if (icmp.Length < 8 || Checksum.Of(icmp) != 0 || icmp[0] != IcmpType.Echo)
        {
            return;
        }
        SysctlSettings sysctls = Host.Configuration.Sysctls;
        bool isToGroup = packet.Route?.Type is RouteType.Broadcast or RouteType.Multicast;
        if (sysctls.Global("net.ipv4.icmp_echo_ignore_all") != 0
            || (isToGroup && sysctls.Global("net.ipv4.icmp_echo_ignore_broadcasts") != 0))
        {
            return;
        }
        if (!IpOptionsEcho.TryCreate(packet, Fib, stackalloc byte[IpOptions.MaxLength], out IpOptionsEcho options))
        {
            return;
        }
        RouteKey key = new()
        {
            Destination = options.FirstHop is { } hop ? new NetAddress(hop) : packet.Source,
            Source = isToGroup ? SpecificDestination(packet) : packet.Destination,
            InIndex = Fib.Loopback.Index,
            Mark = ReplyMark(packet),
            Tos = (byte)(packet.Span[1] & 0x1e),
            Protocol = IpProtocols.Icmp,
        };
        RouteResult route = Fib.RouteOutputV4(key, false, out NetAddress source);
        if (Fib.ThrowsAway(route.Type))
        {
            return;
        }
        PacketBuffer reply = Rent();
        options.Build(source.IPv4Bits, packet.SourceV4, TimeOfDay);
        IcmpError.WriteEchoReply(reply, packet, source, NextIdentification(), options.Options, (byte)sysctls.DefaultTtl);
        Redirect(reply, options.FirstHop);
        reply.Route = route;
        reply.Mark = key.Mark;
        reply.Socket = ControlSocket;
        SendIcmp(reply, LifeCause.Answered);
    }

    /// <summary>The address that answers for a broadcast (<c>fib_compute_spec_dst</c>).</summary>
    private NetAddress SpecificDestination(PacketBuffer packet)
    {
        NetDevice device = packet.InDevice!;
        bool hasSource = packet.SourceV4 != 0;
        if (hasSource)
        {
            RouteResult way = Fib.LookupV4(new RouteKey
            {
                Destination = packet.Source,
                InIndex = Fib.Loopback.Index,
                Tos = packet.Span[1],
                Mark = Fib.Flags(device).UsesMarkForSource ? packet.Mark : 0,
            });
            if (!Fib.ThrowsAway(way.Type))
            {
                return Fib.SourceOf(way);
            }
        }
        return Fib.SelectSourceV4(device, packet.Source, hasSource ? RouteScope.Universe : RouteScope.Link) ?? default;
    }

    /// <summary>
    /// Length field and checksum of UDP as <c>__udp4_lib_rcv</c> checks them; what is wrong gets no answer. Of long datagrams
    /// Linux believes the sum that conntrack kept, even where HL, DSCP, TOS or ECN have spoilt it
    /// (<c>udp6_csum_init</c>).
    /// </summary>
    private static bool IsSoundUdp(PacketBuffer packet)
    {
        ReadOnlySpan<byte> udp = packet.Transport;
        if (udp.Length < 8)
        {
            return false;
        }
        if (packet.Protocol == IpProtocols.UdpLite)
        {
            return IsSoundUdpLite(packet);
        }
        int length = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        bool hasChecksum = BinaryPrimitives.ReadUInt16BigEndian(udp[6..]) != 0;
        length = length == 0 && packet.Family == IpFamily.IPv6 ? udp.Length : length;
        if (length < 8 || length > udp.Length || (!hasChecksum && packet.Family == IpFamily.IPv6))
        {
            return false;
        }
        if (length > LongestSummedAnew && packet.IsSumSpoilt)
        {
            return false;
        }
        uint pseudo = Checksum.PseudoHeader(packet.Span, packet.Family, packet.Protocol, length);
        return !hasChecksum || packet.HasPartialChecksum || packet.IsSumKept || Checksum.Finish(Checksum.Add(udp[..length], pseudo)) == 0;
    }

    // The field behind the ports is how much the checksum covers, and there always is one (udplite_checksum_init).
    private static bool IsSoundUdpLite(PacketBuffer packet)
    {
        ReadOnlySpan<byte> udp = packet.Transport;
        int coverage = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        if (coverage is > 0 and < 8 || coverage > udp.Length || BinaryPrimitives.ReadUInt16BigEndian(udp[6..]) == 0)
        {
            return false;
        }
        uint pseudo = Checksum.PseudoHeader(packet.Span, packet.Family, packet.Protocol, udp.Length);
        return Checksum.Finish(Checksum.Add(udp[..(coverage == 0 ? udp.Length : coverage)], pseudo)) == 0;
    }
}
