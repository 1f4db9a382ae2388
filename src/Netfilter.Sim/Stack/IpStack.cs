using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// The IP layer of a namespace: what happens to packets around the hooks. Each packet has a life that ends in a
/// <see cref="Fate"/>; what loops back waits in a queue until the packet before it is done (D4).
/// </summary>
internal sealed partial class IpStack(NetworkNamespace host)
{
    private readonly PacketPool _pool = new();

    private NetworkNamespace Host { get; } = host;

    private WalkContext Walk => Host.Context;

    private Fib Fib => Host.Fib;

    /// <summary>A buffer for a packet that the host makes; give it back with <see cref="Return"/> or send it.</summary>
    public PacketBuffer Rent() => _pool.Rent();

    /// <summary>Gives a buffer back.</summary>
    public void Return(PacketBuffer packet) => _pool.Return(packet);

    /// <summary>
    /// Lets a packet that a rule made leave as a local one: OUTPUT, POSTROUTING, out (<c>ip_local_out</c>). It must have a
    /// route. The buffer is the stack's from here on.
    /// </summary>
    /// <returns>False when it was dropped.</returns>
    public bool LocalOut(PacketBuffer packet, LifeCause cause) => throw new NotSupportedException();

    /// <summary>
    /// Looks up the route anew after OUTPUT has changed what it depends on, or for a packet that a rule made
    /// (<c>net/ipv4/netfilter.c ip_route_me_harder</c>, <c>net/ipv6/netfilter.c ip6_route_me_harder</c>).
    /// </summary>
    /// <returns>False when there is no way any more; the packet is to be dropped.</returns>
    public bool RouteMeHarder(PacketBuffer packet, RouteType addressType = RouteType.Unspecified) => throw new NotSupportedException();

    /// <summary>
    /// Sends an ICMP or ICMPv6 error about a packet, if one may be sent (<c>icmp_send</c>, <c>icmpv6_send</c>): not about errors,
    /// later fragments, groups and broadcasts. It leaves before this returns.
    /// </summary>
    /// <param name="about">The packet, with its route if it has one.</param>
    /// <param name="type">The ICMP type.</param>
    /// <param name="code">The ICMP code.</param>
    /// <param name="info">The second word of the header: the MTU, the pointer.</param>
    public void SendIcmpError(PacketBuffer about, byte type, byte code, uint info = 0) => throw new NotSupportedException();

    /// <summary>REJECT's ICMP answer (<c>nf_send_unreach</c>, <c>nf_send_unreach6</c>): nothing for a packet with a bad checksum.</summary>
    public void SendUnreachable(PacketBuffer about, Hook hook, byte code) => throw new NotSupportedException();

    /// <summary>REJECT's RST (<c>nf_send_reset</c>, <c>nf_send_reset6</c>): nothing for an RST or a packet with a bad checksum.</summary>
    public void SendReset(PacketBuffer about, Hook hook) => throw new NotSupportedException();
}
