using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// Bridges (<c>net/bridge/br_input.c br_handle_frame</c>, <c>br_forward.c</c>, <c>br_device.c br_dev_xmit</c>): no spanning
/// tree, no snooping, no VLAN filtering.
/// </summary>
internal sealed partial class IpStack
{
    private readonly ForwardingDatabase _forwarding = new();

    /// <summary>A frame comes in by a port of a bridge.</summary>
    private Fate BridgeInput(PacketBuffer packet, NetDevice port, NetDevice bridge)
    {
        ulong source = EthernetHeader.Source(packet.LinkHeader);
        if (!bridge.IsUp || source == 0 || EthernetHeader.IsGroup(source))
        {
            return Fate.Dropped(bridge.IsUp ? "the frame's source is no address of a station" : $"{bridge} is down");
        }
        if (EthernetHeader.Destination(packet.LinkHeader) == bridge.MacAddress)
        {
            packet.PacketType = PacketType.Host;
        }
        return PassesIptables(packet) ? BridgePreRouting(packet, port, bridge) : BridgeFinish(packet, port, bridge);
    }

    /// <summary><c>br_handle_frame_finish</c>: learns the source, and looks for the destination.</summary>
    private Fate BridgeFinish(PacketBuffer packet, NetDevice port, NetDevice bridge)
    {
        ulong destination = EthernetHeader.Destination(packet.LinkHeader);
        _forwarding.Learn(bridge.Index, EthernetHeader.Source(packet.LinkHeader), port.Index, Walk.NowNanoseconds);
        if (EthernetHeader.IsGroup(destination))
        {
            Flood(packet, port, bridge, goesUp: true);
            return BridgePassUp(packet, bridge);
        }
        if (IsBridgesOwn(destination, bridge))
        {
            return BridgePassUp(packet, bridge);
        }
        if (FindPort(destination, bridge) is { } to)
        {
            return MayLeaveBy(to, port)
                ? BridgeForward(packet, to, bridge)
                : Fate.Dropped($"its station is behind {port}, where it came in (hairpin mode is off)");
        }
        return Flood(packet, port, bridge, goesUp: false) ? Fate.Replaced("flooded to the ports of the bridge") : Fate.Dropped("no other port to flood to");
    }

    /// <summary>Whether a frame may leave by a port (<c>should_deliver</c>).</summary>
    private static bool MayLeaveBy(NetDevice to, NetDevice? from) => to.IsUp && (to.Hairpin || to.Index != from?.Index);

    private bool IsBridgesOwn(ulong mac, NetDevice bridge)
    {
        if (mac == bridge.MacAddress)
        {
            return true;
        }
        foreach (NetDevice device in Host.Configuration.Devices)
        {
            if (device.MasterIndex == bridge.Index && device.MacAddress == mac)
            {
                return true;
            }
        }
        return false;
    }

    private NetDevice? FindPort(ulong mac, NetDevice bridge)
    {
        NetDevice? port = Fib.Device(_forwarding.Find(bridge.Index, mac, Walk.NowNanoseconds));
        return port?.MasterIndex == bridge.Index ? port : null;
    }

    /// <summary>
    /// Sends a copy to every port but the one it came in by, the port that was added last first (<c>br_flood</c>). Only what
    /// nobody else gets, the last port's, can be fragmented as it was received; clones are split anew.
    /// </summary>
    /// <returns>False when there is no such port.</returns>
    private bool Flood(PacketBuffer packet, NetDevice? from, NetDevice bridge, bool goesUp)
    {
        NetDevice? next = NextFloodPort(from, bridge, int.MaxValue);
        bool any = next is not null;
        while (next is { } port)
        {
            next = NextFloodPort(from, bridge, port.Index);
            PacketBuffer copy = CopyOf(packet);
            if (goesUp || next is not null)
            {
                copy.Pieces.Clear();
            }
            int outer = Walk.BeginLife(LifeCause.Flooded, copy);
            Finish(copy, outer, from is null ? BridgeEmit(copy, port) : BridgeForward(copy, port, bridge));
        }
        return any;
    }

    private NetDevice? NextFloodPort(NetDevice? from, NetDevice bridge, int below)
    {
        for (int i = Host.Configuration.Devices.Length - 1; i >= 0; i--)
        {
            NetDevice port = Host.Configuration.Devices[i];
            if (port.Index < below && port.MasterIndex == bridge.Index && MayLeaveBy(port, from))
            {
                return port;
            }
        }
        return null;
    }

    /// <summary>The host itself sends by a bridge (<c>br_dev_xmit</c>); no rule sees it again.</summary>
    private Fate BridgeTransmit(PacketBuffer packet, NetDevice bridge)
    {
        Walk.Sink.OnBridged(bridge, isSent: true, packet);
        ulong destination = EthernetHeader.Destination(packet.LinkHeader);
        if (!EthernetHeader.IsGroup(destination))
        {
            if (IsBridgesOwn(destination, bridge))
            {
                return Fate.Dropped("a frame to the bridge itself");
            }
            if (FindPort(destination, bridge) is { } to)
            {
                return to.IsUp ? BridgeEmit(packet, to) : Fate.Dropped($"{to} is down");
            }
        }
        return Flood(packet, null, bridge, goesUp: false) ? Fate.Replaced("flooded to the ports of the bridge") : Fate.Dropped("the bridge has no port");
    }

    /// <summary><c>br_dev_queue_push_xmit</c>: what is too large for the port is dropped without a word.</summary>
    private Fate BridgeEmit(PacketBuffer packet, NetDevice port)
    {
        if (packet.Length > port.Mtu)
        {
            return Fate.Dropped($"larger than the MTU of {port}");
        }
        packet.CompleteChecksum();
        Walk.Sink.OnEmitted(port, packet);
        return Fate.Forwarded(port);
    }

    /// <summary>A frame goes up to the host, as if it had come in by the bridge (<c>br_pass_frame_up</c>).</summary>
    private Fate BridgePassUp(PacketBuffer packet, NetDevice bridge)
    {
        packet.InDevice = bridge;
        packet.Route = null;
        Walk.Sink.OnBridged(bridge, isSent: false, packet);
        if (packet.PhysInDevice is null)
        {
            return ReceiveFrame(packet, bridge);
        }
        bool isForOtherVlan = EthernetHeader.IsTagged(packet.LinkHeader) && EthernetHeader.VlanId(packet.LinkHeader) != 0;
        if (isForOtherVlan || packet.PacketType == PacketType.OtherHost)
        {
            return Fate.Dropped("the frame is for another host or VLAN");
        }
        packet.FragmentMaxSize = 0; // IP clears its control block, and with it what the bridge's defragmentation had noted.
        if (packet.PacketType != PacketType.Host && packet.Connection >= 0)
        {
            Verdict confirmed = Conntrack.ConfirmHook.Instance.Invoke(Hook.LocalIn, packet, Walk);
            if (confirmed != Verdict.Accept)
            {
                return Walk.TakeFate(confirmed);
            }
        }
        return packet.Family == IpFamily.IPv4 ? InputFinishV4(packet, bridge) : InputFinishV6(packet, bridge);
    }
}
