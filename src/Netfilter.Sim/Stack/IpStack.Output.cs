using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// Sending (<c>net/ipv4/ip_output.c ip_local_out</c>, <c>ip_output</c>, <c>net/ipv6/ip6_output.c</c>,
/// <c>net/ipv4/netfilter.c</c>).
/// </summary>
internal sealed partial class IpStack
{
    /// <summary>
    /// Lets a packet that a rule or the host itself made leave as a local one: OUTPUT, POSTROUTING, out
    /// (<c>ip_local_out</c>). It must have a route. The buffer is the stack's from here on, and all that follows but
    /// loopback has happened when this returns.
    /// </summary>
    /// <returns>False when it was dropped.</returns>
    public bool LocalOut(PacketBuffer packet, LifeCause cause)
    {
        int outer = Walk.BeginLife(cause, packet);
        Fate fate = OutputLocal(packet);
        Finish(packet, outer, fate);
        return fate.Kind is FateKind.Forwarded or FateKind.Replaced or FateKind.Held;
    }

    private Fate OutputLocal(PacketBuffer packet)
    {
        NetDevice? origin = packet.IsDuplicate ? packet.InDevice : null;
        packet.InDevice = null;
        packet.OutDevice = packet.Route!.Device;
        Verdict verdict = RunHook(Hook.LocalOut, packet);
        packet.InDevice = origin;
        return verdict == Verdict.Accept ? Output(packet) : Walk.TakeFate(verdict);
    }

    /// <summary><c>dst_output</c>: groups and broadcasts that the host itself belongs to come back as well (<c>ip_mc_output</c>).</summary>
    // Not inlined, like those that follow it: a Fate is large, and each level would copy it once more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate Output(PacketBuffer packet)
    {
        RouteResult route = packet.Route!;
        NetDevice device = route.Device!;
        NetDevice? before = packet.OutDevice;
        packet.OutDevice = device;
        bool loopsBack = packet.InDevice is null && device.Kind != NetDeviceKind.Loopback && packet.Family == IpFamily.IPv4
            && (route.Type == RouteType.Broadcast || (route.Type == RouteType.Multicast && packet.DestinationV4 == 0xe0000001));
        if (loopsBack)
        {
            LoopCopyBack(packet, device);
        }
        if (packet.Family == IpFamily.IPv6 && Fib.Flags(device).DisablesIPv6)
        {
            return Fate.Dropped($"IPv6 is disabled on {device}");
        }
        NetDevice? origin = packet.InDevice;
        if (packet.IsDuplicate)
        {
            // nf_dup has set skb->dev, by which ip_output says where a packet came from; a new route after OUTPUT has not.
            packet.InDevice = before;
        }
        Verdict verdict = RunHook(Hook.PostRouting, packet);
        packet.InDevice = origin;
        return verdict == Verdict.Accept ? FinishOutput(packet, packet.OutDevice!) : Walk.TakeFate(verdict);
    }

    /// <summary><c>ip_mc_finish_output</c>, <c>dev_loopback_xmit</c>: a copy for the host, which passes POSTROUTING on its own.</summary>
    private void LoopCopyBack(PacketBuffer packet, NetDevice device)
    {
        PacketBuffer copy = CopyOf(packet);
        int outer = Walk.BeginLife(LifeCause.Copied, copy);
        Verdict verdict = RunHook(Hook.PostRouting, copy);
        Fate fate = verdict == Verdict.Accept ? LoopBack(copy, device, PacketType.Loopback) : Walk.TakeFate(verdict);
        Finish(copy, outer, fate);
    }

    /// <summary>A copy with everything that is known of the packet.</summary>
    public PacketBuffer CopyOf(PacketBuffer packet)
    {
        PacketBuffer copy = Rent();
        copy.CopyFrom(packet);
        return copy;
    }

    /// <summary><c>ip_finish_output</c>, <c>ip6_finish_output</c>: what is too large for the link is fragmented.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate FinishOutput(PacketBuffer packet, NetDevice device)
    {
        int mtu = packet.Family == IpFamily.IPv4
            ? Math.Min(packet.Route!.EffectiveMtu, 65535)
            : Math.Max(packet.Route!.EffectiveMtu, MinMtuV6);
        return packet.Length > mtu || packet.FragmentMaxSize != 0
            ? Fragment(packet, device, mtu)
            : Transmit(packet, device);
    }

    /// <summary>
    /// <c>ip6_finish_output2</c>: what goes to a group that the host is in comes back, too; what may not leave the host goes no
    /// further.
    /// </summary>
    /// <returns>What became of it when it does not leave.</returns>
    private Fate? LoopGroupBackV6(PacketBuffer packet, NetDevice device)
    {
        if (packet.InDevice is null && packet.PacketType == PacketType.Host && Fib.IsJoinedV6(packet.Destination, device))
        {
            LoopCopyBack(packet, device);
        }
        int scope = packet.Span[25] & 15;
        return scope <= 1 ? Fate.Dropped("a group that does not leave the host") : null;
    }

    /// <summary>Gives a packet to its interface (<c>ip_finish_output2</c>).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate Transmit(PacketBuffer packet, NetDevice device)
    {
        bool isGroupV6 = packet.Family == IpFamily.IPv6 && packet.Span[24] == 0xff;
        if (isGroupV6 && device.Kind != NetDeviceKind.Loopback && LoopGroupBackV6(packet, device) is { } ended)
        {
            return ended;
        }
        if (device.Kind == NetDeviceKind.Loopback)
        {
            return LoopBack(packet, device, PacketType.Host);
        }
        if (!device.IsUp)
        {
            return Fate.Dropped($"{device} is down");
        }
        if (HasLinkHeader(device))
        {
            return TransmitFrame(packet, device);
        }
        packet.CompleteChecksum();
        packet.SetLinkHeader(default);
        Walk.Sink.OnEmitted(device, packet);
        return Fate.Forwarded(device);
    }

    /// <summary>
    /// <c>drivers/net/loopback.c loopback_xmit</c>: the packet comes in again when the one before it is done, with its mark,
    /// its connection and its route, and without its socket.
    /// </summary>
    private Fate LoopBack(PacketBuffer packet, NetDevice device, PacketType type)
    {
        (packet.InDevice, packet.OutDevice, packet.Socket, packet.PacketType) = (device, null, null, type);
        Span<byte> header = stackalloc byte[EthernetHeader.Length];
        EthernetHeader.Write(header, device.MacAddress, device.MacAddress, EtherTypeOf(packet));
        packet.SetLinkHeader(device.Kind == NetDeviceKind.Loopback ? header : default);
        packet.IsQueued = true;
        _loopedBack.Enqueue(packet);
        return Fate.Replaced("comes back over lo");
    }

    /// <summary>
    /// Looks up the route anew after OUTPUT has changed what it depends on, or for a packet that a rule made
    /// (<c>net/ipv4/netfilter.c ip_route_me_harder</c>, <c>net/ipv6/netfilter.c ip6_route_me_harder</c>).
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="addressType">What kind of address the source is; unspecified to find out.</param>
    /// <returns>
    /// False when there is no way any more; the packet is to be dropped. Rules of the hook that the packet is at go on to see
    /// the interface of the route before.
    /// </returns>
    public bool RouteMeHarder(PacketBuffer packet, RouteType addressType = RouteType.Unspecified)
    {
        RouteKey key = KeyOf(packet, Fib.Loopback.Index);
        key.Uid = packet.Socket?.Uid;
        RouteResult route;
        if (packet.Family == IpFamily.IPv4)
        {
            addressType = addressType == RouteType.Unspecified ? Fib.AddressTypeV4(packet.SourceV4) : addressType;
            bool keepsSource = addressType is RouteType.Local or RouteType.Unicast;
            key.Source = keepsSource ? key.Source : new NetAddress(0u);
            route = Fib.RouteOutputV4(key, keepsSource, out _);
        }
        else
        {
            // Unlike elsewhere ::1 does not bind to the interface here.
            bool isBound = Fib.NeedsStrictV6(key.Destination) && key.Destination.Bits != UInt128.One;
            key.OutIndex = isBound ? packet.Route?.Device?.Index ?? 0 : 0;
            route = Fib.RouteOutputV6(key, out _);
        }
        if (Fib.ThrowsAway(route.Type))
        {
            _rerouteError = ErrorOf(route.Type);
            return false;
        }
        packet.Route = route;
        NoteRoute(packet, route);
        return true;
    }
}
