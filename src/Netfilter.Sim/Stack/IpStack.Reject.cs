using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>REJECT's answers (<c>net/ipv4/netfilter/nf_reject_ipv4.c</c>, <c>net/ipv6/netfilter/nf_reject_ipv6.c</c>).</summary>
internal sealed partial class IpStack
{
    /// <summary>REJECT's ICMP answer (<c>nf_send_unreach</c>, <c>nf_send_unreach6</c>): nothing for a packet with a bad checksum.</summary>
    public void SendUnreachable(PacketBuffer about, Hook hook, byte code)
    {
        if (!NfChecksum.MayReject(about))
        {
            return;
        }
        byte type = about.Family == IpFamily.IPv4 ? IcmpType.DestinationUnreachable : Icmpv6Type.DestinationUnreachable;
        SendIcmpError(about, type, code);
    }

    /// <summary>
    /// REJECT's RST (<c>nf_send_reset</c>, <c>nf_send_reset6</c>): nothing for an RST, a later fragment, a bad checksum. The
    /// connection counts as closed.
    /// </summary>
    public void SendReset(PacketBuffer about, Hook hook)
    {
        bool isToGroup = about.Route?.Type is RouteType.Broadcast or RouteType.Multicast;
        if (isToGroup || !TcpReset.MayAnswer(about) || !NfChecksum.MayReset(about, isForwarded: hook == Hook.Forward))
        {
            return;
        }
        PacketBuffer reset = Rent();
        TcpReset.Write(reset, about, ttl: (byte)Host.Configuration.Sysctls.DefaultTtl);
        if (about.Family == IpFamily.IPv4)
        {
            // nf_reject_ip_tcphdr_put leaves the sum to the interface, its IPv6 kin does not.
            reset.MakeChecksumPartial();
        }
        reset.Mark = ReplyMark(about);
        reset.Route = about.Route;
        bool isRouted = about.Family == IpFamily.IPv4 ? RouteMeHarder(reset) : RouteReset(reset, about);
        if (!isRouted)
        {
            Return(reset);
            return;
        }
        ConnectionTracker.Attach(reset, about);
        Walk.Conntrack.SetClosing(about, Walk);
        if (about.PhysInDevice is { } port && about.LinkHeaderLength >= EthernetHeader.Length)
        {
            reset.CompleteChecksum();
            SendBackByPort(reset, about, port);
            return;
        }
        LocalOut(reset, LifeCause.MadeByRule);
    }

    /// <summary>The answer to a bridged frame goes back by its port with the addresses swapped, past all hooks.</summary>
    private void SendBackByPort(PacketBuffer answer, PacketBuffer about, NetDevice port)
    {
        Span<byte> header = stackalloc byte[EthernetHeader.Length];
        EthernetHeader.Write(
            header, EthernetHeader.Source(about.LinkHeader), EthernetHeader.Destination(about.LinkHeader), EtherTypeOf(answer));
        answer.SetLinkHeader(header);
        int outer = Walk.BeginLife(LifeCause.MadeByRule, answer);
        Finish(answer, outer, TransmitLink(answer, port));
    }

    private bool RouteReset(PacketBuffer reset, PacketBuffer about)
    {
        if (!IsUnicastV6(about.Source) || !IsUnicastV6(about.Destination))
        {
            return false;
        }
        RouteKey key = KeyOf(reset, Fib.Loopback.Index);
        RouteResult route = Fib.RouteOutputV6(key, out _);
        if (Fib.ThrowsAway(route.Type))
        {
            return false;
        }
        reset.Route = route;
        reset.SetTtl(HopLimitBy(route));
        return true;
    }

    private static bool IsUnicastV6(NetAddress address) => address.Bits != 0 && address.Bits >> 120 != 0xff;
}
