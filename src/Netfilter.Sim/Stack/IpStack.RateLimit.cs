using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Limits of the rate of ICMP errors (<c>icmpv4_xrlim_allow</c>, <c>icmpv6_xrlim_allow</c>, <c>inet_peer_xrlim_allow</c>).</summary>
internal sealed partial class IpStack
{
    private const int TicksPerSecond = 250;
    private const int BurstFactor = 6;

    private readonly Dictionary<NetAddress, PeerState> _peers = [];

    /// <summary>Takes over what another stack remembers of its peers.</summary>
    public void CopyPeers(IpStack origin)
    {
        foreach ((NetAddress peer, PeerState state) in origin._peers)
        {
            _peers[peer] = state;
        }
    }

    private bool IsRateAllowedV4(NetAddress peer, RouteResult route, byte type, byte code)
    {
        SysctlSettings sysctls = Host.Configuration.Sysctls;
        bool isLimited = type <= IcmpType.Highest && ((sysctls.IcmpRateMask >> type) & 1) != 0
            && !(type == IcmpType.DestinationUnreachable && code == IcmpCode.FragmentationNeeded);
        return !isLimited || IsPeerAllowed(peer, route, sysctls.IcmpRateLimit);
    }

    private bool IsRateAllowedV6(NetAddress peer, RouteResult route, byte type) =>
        type == Icmpv6Type.PacketTooBig
        || IsPeerAllowed(peer, route, (int)Host.Configuration.Sysctls.Global("net.ipv6.icmp.ratelimit"));

    /// <summary>A bucket for each peer that holds six errors and gets one back every interval.</summary>
    private bool IsPeerAllowed(NetAddress peer, RouteResult route, int intervalMilliseconds)
    {
        long interval = (long)intervalMilliseconds * TicksPerSecond / 1000;
        return interval == 0 || route.Device?.Kind == NetDeviceKind.Loopback || TakeToken(peer, interval, BurstFactor * interval);
    }

    /// <summary>What routing itself answers has limits of its own, from the same bucket (<c>net/ipv4/route.c ip_error</c>).</summary>
    private bool IsRouteErrorAllowed(NetAddress peer)
    {
        SysctlSettings sysctls = Host.Configuration.Sysctls;
        return TakeToken(peer, sysctls.Global("net.ipv4.route.error_cost"), sysctls.Global("net.ipv4.route.error_burst"));
    }

    private bool TakeToken(NetAddress peer, long cost, long burst)
    {
        long now = Walk.NowNanoseconds / (1_000_000_000 / TicksPerSecond);
        PeerState state = PeerAt(peer, now);
        long tokens = Math.Min(state.Tokens + now - state.LastTick, burst);
        bool isAllowed = tokens >= cost;
        _peers[peer] = state with { Tokens = isAllowed ? tokens - cost : tokens, LastTick = now };
        return isAllowed;
    }

    /// <summary>What is known of a peer (<c>inet_getpeer</c>): a new one has not been heard of for a minute.</summary>
    private PeerState PeerAt(NetAddress peer, long now) =>
        _peers.TryGetValue(peer, out PeerState known) ? known : new PeerState(0, now - (60 * TicksPerSecond), 0);

    /// <summary>What the host remembers of a peer (<c>struct inet_peer</c>).</summary>
    /// <param name="Tokens">Its bucket.</param>
    /// <param name="LastTick">When it was filled, or a redirect was sent, last.</param>
    /// <param name="Redirects">Redirects sent that it did not follow.</param>
    private readonly record struct PeerState(long Tokens, long LastTick, int Redirects);
}
