using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>TEE's copies (<c>net/ipv4/netfilter/nf_dup_ipv4.c</c>, <c>net/ipv6/netfilter/nf_dup_ipv6.c</c>).</summary>
internal sealed partial class IpStack
{
    private bool _isDuplicating;

    /// <summary>
    /// Sends an untracked copy of a packet to a gateway, through OUTPUT and POSTROUTING. It has left when this returns; of a copy
    /// no copy is made.
    /// </summary>
    /// <param name="packet">The packet, which goes on untouched.</param>
    /// <param name="hook">The hook it is at: on the way in the copy loses one of its time to live.</param>
    /// <param name="gateway">Whom to send it to.</param>
    /// <param name="device">The interface to send by; null for any.</param>
    public void SendDuplicate(PacketBuffer packet, Hook hook, NetAddress gateway, NetDevice? device)
    {
        if (_isDuplicating)
        {
            return;
        }
        PacketBuffer copy = CopyOf(packet);
        (copy.Connection, copy.ConntrackInfo, copy.Socket) = (-1, ConntrackInfo.Untracked, null);
        (copy.PhysInDevice, copy.PhysOutDevice, copy.PacketType) = (null, null, PacketType.Host);
        if (packet.Family == IpFamily.IPv4)
        {
            copy.Writable[6] |= 0x40;
            copy.RecomputeHeaderChecksum();
        }
        if (hook is Hook.PreRouting or Hook.LocalIn)
        {
            copy.SetTtl((byte)(copy.Ttl - 1));
        }
        if (FindWayOfDuplicate(copy, gateway, device) is not { } route)
        {
            Return(copy);
            return;
        }
        copy.Route = route with { Gateway = route.Gateway ?? gateway };
        _isDuplicating = true;
        LocalOut(copy, LifeCause.Copied);
        _isDuplicating = false;
    }

    private RouteResult? FindWayOfDuplicate(PacketBuffer copy, NetAddress gateway, NetDevice? device)
    {
        bool isIPv4 = copy.Family == IpFamily.IPv4;
        RouteKey key = new()
        {
            Destination = gateway,
            Source = new NetAddress(copy.Family, 0),
            InIndex = Fib.Loopback.Index,
            OutIndex = device?.Index ?? 0,
            Tos = isIPv4 ? copy.Span[1] : (byte)(BinaryPrimitives.ReadUInt16BigEndian(copy.Span) >> 4),
        };
        RouteResult route = isIPv4 ? Fib.RouteOutputV4(key, false, out _) : Fib.RouteOutputV6(key, out _);
        return Fib.ThrowsAway(route.Type) ? null : route;
    }
}
