using System.Runtime.CompilerServices;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Receiving (<c>net/ipv4/ip_input.c ip_rcv</c>, <c>net/ipv6/ip6_input.c ipv6_rcv</c>).</summary>
internal sealed partial class IpStack
{
    // Not inlined, like those that follow it: a Fate is large, and each level would copy it once more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate InputV4(PacketBuffer packet, NetDevice device)
    {
        if (packet.PacketType == PacketType.OtherHost)
        {
            return Fate.Dropped("the frame is for another host");
        }
        IpSanityResult sanity = IpSanity.Check(packet);
        if (!sanity.IsOk)
        {
            return Fate.Dropped(Words(sanity.Reason));
        }
        Verdict verdict = RunHook(Hook.PreRouting, packet);
        return verdict == Verdict.Accept ? InputFinishV4(packet, device) : Walk.TakeFate(verdict);
    }

    /// <summary><c>ip_rcv_finish</c>: what was looped back has its route already.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate InputFinishV4(PacketBuffer packet, NetDevice device)
    {
        InputRoute decision;
        if (packet.Route is { } known)
        {
            decision = RouteOfLoopedBack(known);
        }
        else
        {
            decision = Fib.RouteInputV4(KeyOf(packet, device.Index), device);
            packet.Route = decision.Route;
            NoteRoute(packet, decision.Route);
        }
        if (decision.Kind == InputKind.Drop)
        {
            return Fate.Dropped(decision.Reason!);
        }
        if (packet.TransportOffset > IpOptions.HeaderLength && ReceiveOptions(packet, device, ref decision) is { } ended)
        {
            return ended;
        }
        bool isGroupFrame = packet.PacketType is PacketType.Broadcast or PacketType.Multicast;
        if (isGroupFrame && decision.Kind != InputKind.LocalGroup && Fib.Flags(device).DropsUnicastInMulticastIPv4)
        {
            return Fate.Dropped("a unicast packet in a broadcast frame (drop_unicast_in_l2_multicast)");
        }
        return decision.Kind switch
        {
            InputKind.Local or InputKind.LocalGroup => DeliverV4(packet),
            InputKind.Forward => ForwardV4(packet, device),
            _ => ErrorV4(packet, decision.Route),
        };
    }

    private static InputRoute RouteOfLoopedBack(RouteResult route) => route.Type switch
    {
        RouteType.Local or RouteType.Anycast => new InputRoute(InputKind.Local, route),
        RouteType.Broadcast or RouteType.Multicast => new InputRoute(InputKind.LocalGroup, route),
        _ => new InputRoute(InputKind.Drop, route, "sent to lo, but not for this host"),
    };

    /// <summary><c>net/ipv4/route.c ip_error</c>: a route that leads nowhere is told to the sender.</summary>
    private Fate ErrorV4(PacketBuffer packet, RouteResult route)
    {
        (byte code, string reason) = route.Type switch
        {
            RouteType.Unreachable => (IcmpCode.HostUnreachable, "unreachable route"),
            RouteType.Prohibit => (IcmpCode.PacketFiltered, "prohibit route"),
            _ => (IcmpCode.NetUnreachable, "no route"),
        };
        if (!IsRouteErrorAllowed(packet.Source))
        {
            return Fate.Dropped(reason + ", and its sender was told too often already");
        }
        SendIcmpError(packet, IcmpType.DestinationUnreachable, code);
        return Fate.Rejected(reason);
    }

    private Fate InputV6(PacketBuffer packet, NetDevice device)
    {
        if (packet.PacketType == PacketType.OtherHost)
        {
            return Fate.Dropped("the frame is for another host");
        }
        if (Fib.Flags(device).DisablesIPv6)
        {
            return Fate.Dropped($"IPv6 is disabled on {device}");
        }
        IpSanityResult sanity = IpSanity.Check(packet);
        if (!sanity.IsOk)
        {
            if (sanity.ParameterProblemCode >= 0)
            {
                SendIcmpError(packet, Icmpv6Type.ParameterProblem, (byte)sanity.ParameterProblemCode, (uint)sanity.Pointer);
            }
            return Fate.Dropped(Words(sanity.Reason));
        }
        bool isGroupFrame = packet.PacketType is PacketType.Broadcast or PacketType.Multicast;
        if (isGroupFrame && packet.Span[24] != 0xff && Fib.Flags(device).DropsUnicastInMulticastIPv6)
        {
            return Fate.Dropped("a unicast packet in a broadcast frame (drop_unicast_in_l2_multicast)");
        }
        Verdict verdict = RunHook(Hook.PreRouting, packet);
        return verdict == Verdict.Accept ? InputFinishV6(packet, device) : Walk.TakeFate(verdict);
    }

    /// <summary><c>ip6_rcv_finish</c>.</summary>
    private Fate InputFinishV6(PacketBuffer packet, NetDevice device)
    {
        InputRoute decision;
        if (packet.Route is { } known)
        {
            decision = RouteOfLoopedBack(known);
        }
        else
        {
            decision = Fib.RouteInputV6(KeyOf(packet, device.Index), device);
            packet.Route = decision.Route;
            NoteRoute(packet, decision.Route);
        }
        switch (decision.Kind)
        {
            case InputKind.Local or InputKind.LocalGroup:
                return DeliverV6(packet);
            case InputKind.Forward:
                return ForwardV6(packet, device);
            case InputKind.Error:
                byte code = decision.Route.Type == RouteType.Prohibit ? Icmpv6Code.AdministrativelyProhibited : Icmpv6Code.NoRoute;
                SendIcmpError(packet, Icmpv6Type.DestinationUnreachable, code);
                return Fate.Rejected(decision.Route.Type == RouteType.Prohibit ? "prohibit route" : "no route");
            default:
                return Fate.Dropped(decision.Reason!);
        }
    }

    private static string Words(IpSanityReason reason) => reason switch
    {
        IpSanityReason.HeaderTruncated => "the header is cut off",
        IpSanityReason.Version => "neither IPv4 nor IPv6",
        IpSanityReason.HeaderLength => "the header length is less than 20",
        IpSanityReason.Checksum => "the header checksum is wrong",
        IpSanityReason.Truncated => "shorter than its header says",
        IpSanityReason.TotalLength => "the total length is less than the header",
        IpSanityReason.LoopbackAddress => "::1 from outside",
        IpSanityReason.MulticastScope => "a group of a scope that does not leave a host",
        IpSanityReason.MulticastSource => "a group as source",
        IpSanityReason.HopByHop => "the hop-by-hop header is malformed",
        _ => "a jumbo option that contradicts the length",
    };
}
