using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack.Fragments;

namespace Netfilter.Sim.Stack;

/// <summary>Bridged frames in iptables (<c>net/bridge/br_netfilter_hooks.c</c>, <c>br_netfilter_ipv6.c</c>).</summary>
internal sealed partial class IpStack
{
    /// <summary>Whether a frame is one that bridge netfilter shows to iptables or ip6tables.</summary>
    private bool PassesIptables(PacketBuffer packet)
    {
        SysctlSettings sysctls = Host.Configuration.Sysctls;
        if (EthernetHeader.IsTagged(packet.LinkHeader) && !sysctls.BridgeFiltersVlanTagged)
        {
            return false;
        }
        return EthernetHeader.Protocol(packet.LinkHeader) switch
        {
            EthernetHeader.IPv4 => sysctls.BridgeCallsIptables,
            EthernetHeader.IPv6 => sysctls.BridgeCallsIp6tables,
            _ => false,
        };
    }

    /// <summary><c>br_nf_pre_routing</c>: the frame passes PREROUTING as if it had come in by the bridge.</summary>
    private Fate BridgePreRouting(PacketBuffer packet, NetDevice port, NetDevice bridge)
    {
        bool isVersionRight = packet.Length > 0
            && packet.Span[0] >> 4 == (EthernetHeader.Protocol(packet.LinkHeader) == EthernetHeader.IPv6 ? 6 : 4);
        packet.InDevice = bridge;
        if (!isVersionRight || !IpSanity.Check(packet).IsOk)
        {
            return Fate.Dropped("bridge netfilter drops a malformed IP packet");
        }
        PacketType addressedTo = packet.PacketType;
        packet.PacketType = addressedTo == PacketType.OtherHost ? PacketType.Host : addressedTo;
        packet.PhysInDevice = port;
        NetAddress before = packet.Destination;
        Verdict verdict = RunHook(Hook.PreRouting, packet);
        if (verdict != Verdict.Accept)
        {
            return Walk.TakeFate(verdict);
        }
        packet.PacketType = addressedTo;
        return packet.Destination == before
            ? BridgeFinish(packet, port, bridge)
            : BridgeTranslated(packet, port, bridge);
    }

    /// <summary>
    /// <c>br_nf_pre_routing_finish</c>: nat has changed the destination. If that is on the same bridge the frame is bridged to
    /// it, and else goes up to the host to be routed.
    /// </summary>
    private Fate BridgeTranslated(PacketBuffer packet, NetDevice port, NetDevice bridge)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        RouteKey key = KeyOf(packet, bridge.Index);
        InputRoute decision = isIPv4 ? Fib.RouteInputV4(key, bridge) : Fib.RouteInputV6(key, bridge);
        if (decision.Kind == InputKind.Drop && isIPv4 && !Fib.Flags(bridge).ForwardsIPv4)
        {
            RouteResult output = Fib.RouteOutputV4(key with { Source = new NetAddress(0u) }, false, out _);
            decision = output.Device?.Index == bridge.Index && output.Type == RouteType.Unicast
                ? new InputRoute(InputKind.Forward, output)
                : decision;
        }
        if (decision.Kind == InputKind.Drop || (decision.Kind == InputKind.Error && !isIPv4))
        {
            return Fate.Dropped(decision.Reason ?? "no route for a bridged packet as nat changed it");
        }
        if (decision.Kind == InputKind.Forward && decision.Route.Device?.Index == bridge.Index)
        {
            packet.Route = decision.Route;
            NetAddress nextHop = decision.Route.NextHop(packet.Destination);
            if (FindNeighbour(nextHop, bridge) is not { } mac)
            {
                return Fate.Unknown("a bridged packet whose new destination has no neighbour entry");
            }
            packet.Route = null;
            EthernetHeader.WriteMac(packet.WritableLinkHeader, mac);
            return BridgeFinish(packet, port, bridge);
        }
        EthernetHeader.WriteMac(packet.WritableLinkHeader, bridge.MacAddress);
        packet.PacketType = PacketType.Host;
        return BridgeFinish(packet, port, bridge);
    }

    /// <summary><c>__br_forward</c> with <c>br_nf_forward_ip</c> and <c>br_nf_post_routing</c>: on to a port.</summary>
    private Fate BridgeForward(PacketBuffer packet, NetDevice to, NetDevice bridge)
    {
        if (packet.PhysInDevice is null)
        {
            return BridgeEmit(packet, to);
        }
        PacketType addressedTo = packet.PacketType;
        packet.PacketType = addressedTo == PacketType.OtherHost ? PacketType.Host : addressedTo;
        (packet.PhysOutDevice, packet.InDevice, packet.OutDevice) = (to, bridge, bridge);
        Verdict verdict = RunHook(Hook.Forward, packet);
        if (verdict == Verdict.Accept)
        {
            verdict = RunHook(Hook.PostRouting, packet);
        }
        packet.PacketType = addressedTo;
        return verdict == Verdict.Accept ? BridgeFragment(packet, to) : Walk.TakeFate(verdict);
    }

    /// <summary><c>br_nf_dev_queue_xmit</c>: what was put together leaves in fragments again.</summary>
    private Fate BridgeFragment(PacketBuffer packet, NetDevice to)
    {
        int limit = packet.FragmentMaxSize == 0 ? to.Mtu : Math.Min(to.Mtu, packet.FragmentMaxSize);
        if (packet.Length <= limit)
        {
            return BridgeEmit(packet, to);
        }
        packet.CompleteChecksum();
        bool isForbidden = packet.FragmentMaxSize > to.Mtu || Fragmenter.Check(packet, to.Mtu) != FragmentNeed.Split;
        uint identification = packet.Family == IpFamily.IPv4
            ? 0
            : 1 + Walk.Chance.Choose(Determinism.ChancePurpose.PacketIdentification, uint.MaxValue);
        if (isForbidden || !Fragmenter.TryBegin(packet, to.Mtu, identification, out Fragmenter fragmenter))
        {
            return Fate.Dropped($"larger than the MTU of {to}");
        }
        PacketBuffer fragment = Rent();
        while (fragmenter.Next(fragment))
        {
            int outer = Walk.BeginLife(LifeCause.Fragmented, fragment);
            Finish(fragment, outer, BridgeEmit(fragment, to));
            fragment = Rent();
        }
        Return(fragment);
        return Fate.Replaced("leaves in fragments");
    }
}
