using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// ICMP redirects: a neighbour whose packet leaves by the interface it came in by is told the shorter way
/// (<c>net/ipv4/route.c __mkroute_input, ip_rt_send_redirect</c>). IPv6's are part of neighbour discovery, which is not
/// modelled: they need a link-local address.
/// </summary>
internal sealed partial class IpStack
{
    /// <summary>Redirects that a neighbour may ignore until it is left alone (<c>ip_rt_redirect_number</c>).</summary>
    private const int MostRedirects = 9;

    /// <summary>Ticks between the first two; the time doubles with each (<c>ip_rt_redirect_load</c>).</summary>
    private const long RedirectLoad = TicksPerSecond / 50;

    private void SendRedirect(PacketBuffer packet, NetDevice device, RouteResult route)
    {
        RouteKey key = KeyOf(packet, device.Index);
        if (packet.Options.SourceRoute != 0 || !Fib.IsWorthRedirect(key, device, route) || !TakeRedirect(packet.Source))
        {
            return;
        }
        uint gateway = route.NextHop(packet.Destination).IPv4Bits;
        SendIcmpError(packet, IcmpType.Redirect, IcmpCode.RedirectHost, gateway);
    }

    private bool TakeRedirect(Addressing.NetAddress peer)
    {
        const long Silence = RedirectLoad << (MostRedirects + 1);
        long now = Walk.NowNanoseconds / (1_000_000_000 / TicksPerSecond);
        PeerState state = PeerAt(peer, now);
        state = now > state.LastTick + Silence ? state with { Tokens = 0, Redirects = 0 } : state;
        bool isIgnored = state.Redirects >= MostRedirects;
        bool isSent = !isIgnored && (state.Redirects == 0 || now > state.LastTick + (RedirectLoad << state.Redirects));
        _peers[peer] = isSent ? state with { LastTick = now, Redirects = state.Redirects + 1 }
            : isIgnored ? state with { LastTick = now }
            : state;
        return isSent;
    }
}
