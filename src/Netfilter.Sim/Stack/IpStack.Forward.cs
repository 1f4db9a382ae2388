using System.Runtime.CompilerServices;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>Forwarding (<c>net/ipv4/ip_forward.c ip_forward</c>, <c>net/ipv6/ip6_output.c ip6_forward</c>).</summary>
internal sealed partial class IpStack
{
    private const int DontFragment = 0x4000;
    private const int MinMtuV6 = 1280;

    // Not inlined, like those that follow it: a Fate is large, and each level would copy it once more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate ForwardV4(PacketBuffer packet, NetDevice device)
    {
        if (packet.PacketType != PacketType.Host)
        {
            return Fate.Dropped("a unicast packet in a broadcast frame is not forwarded");
        }
        if (packet.Socket is not null)
        {
            return Fate.Dropped("a packet that was given to a socket is not forwarded");
        }
        if (packet.Ttl <= 1)
        {
            SendIcmpError(packet, IcmpType.TimeExceeded, IcmpCode.TimeToLive);
            return Fate.Rejected("time to live exceeded");
        }
        RouteResult route = packet.Route!;
        if (packet.Options.IsStrictRoute && route.Gateway is not null)
        {
            SendIcmpError(packet, IcmpType.DestinationUnreachable, IcmpCode.SourceRouteFailed);
            return Fate.Rejected("the next stop of its strict source route is no neighbour");
        }
        int mtu = Math.Min(route.EffectiveMtu, 65535);
        if (ExceedsMtuV4(packet, mtu))
        {
            SendIcmpError(packet, IcmpType.DestinationUnreachable, IcmpCode.FragmentationNeeded, (uint)mtu);
            return Fate.Rejected("fragmentation needed");
        }
        packet.SetTtl((byte)(packet.Ttl - 1));
        if (route.Device!.Index == device.Index)
        {
            SendRedirect(packet, device, route);
        }
        if (Host.Configuration.Sysctls.ForwardingSetsPriority)
        {
            packet.Priority = PriorityOfTos(packet.Span[1]);
        }
        return RunForwardHook(packet, route);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate RunForwardHook(PacketBuffer packet, RouteResult route)
    {
        packet.OutDevice = route.Device;
        Verdict verdict = RunHook(Hook.Forward, packet);
        if (verdict != Verdict.Accept)
        {
            return Walk.TakeFate(verdict);
        }
        if (packet.Options.Length != 0)
        {
            ForwardOptions(packet, packet.InDevice!);
        }
        return Output(packet);
    }

    /// <summary><c>ip_exceeds_mtu</c>: what came in fragments may be fragmented again, as small as it came.</summary>
    private static bool ExceedsMtuV4(PacketBuffer packet, int mtu)
    {
        if (packet.Length <= mtu || (packet.ReadUInt16(6) & DontFragment) == 0)
        {
            return false;
        }
        return packet.FragmentMaxSize > mtu || !packet.MayBeSplit;
    }

    /// <summary>The priority that a type of service gives (<c>ip_tos2prio</c>).</summary>
    private static uint PriorityOfTos(byte tos)
    {
        ReadOnlySpan<byte> table = [0, 1, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4];
        return table[(tos & 0x1e) >> 1];
    }

    private Fate ForwardV6(PacketBuffer packet, NetDevice device)
    {
        if (!Fib.ForwardsIPv6)
        {
            return Fate.Dropped("not for this host, and forwarding is off");
        }
        if (packet.PacketType != PacketType.Host)
        {
            return Fate.Dropped("a unicast packet in a broadcast frame is not forwarded");
        }
        if (packet.Socket is not null)
        {
            return Fate.Dropped("a packet that was given to a socket is not forwarded");
        }
        if (packet.Ttl <= 1)
        {
            SendIcmpError(packet, Icmpv6Type.TimeExceeded, Icmpv6Code.HopLimit);
            return Fate.Rejected("hop limit exceeded");
        }
        RouteResult route = packet.Route!;
        if (route.Device!.Index != device.Index && SourceForbidsForwarding(packet) is { } refusal)
        {
            return refusal;
        }
        int mtu = Math.Max(route.EffectiveMtu, MinMtuV6);
        if (packet.Length > mtu && (packet.FragmentMaxSize > mtu || !packet.MayBeSplit))
        {
            SendIcmpError(packet, Icmpv6Type.PacketTooBig, 0, (uint)mtu);
            return Fate.Rejected("packet too big");
        }
        packet.SetTtl((byte)(packet.Ttl - 1));
        return RunForwardHook(packet, route);
    }

    private Fate? SourceForbidsForwarding(PacketBuffer packet)
    {
        UInt128 source = packet.Source.Bits;
        if (source <= UInt128.One || source >> 120 == 0xff)
        {
            return Fate.Dropped("a source that cannot be forwarded");
        }
        if ((uint)(source >> 118) != 0x3fa)
        {
            return null;
        }
        SendIcmpError(packet, Icmpv6Type.DestinationUnreachable, Icmpv6Code.NotNeighbour);
        return Fate.Rejected("a link-local source beyond its link");
    }
}
