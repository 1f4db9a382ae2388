using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// The IP layer of a namespace: what happens to packets around the hooks. Each packet has a life that ends in a
/// <see cref="Fate"/>. What loops back over <c>lo</c> waits in a queue until the packet before it is done; what the host
/// answers or a rule makes leaves at once, as in the kernel (D4).
/// </summary>
internal sealed partial class IpStack(NetworkNamespace host)
{
    private const int MostRounds = 1024;

    // Whether the last hook handed its packet to a program that does not listen (nf_queue answers 0 then).
    private bool _isLastQueued;

    private readonly PacketPool _pool = new();
    private readonly Queue<PacketBuffer> _loopedBack = new();

    private NetworkNamespace Host { get; } = host;

    private WalkContext Walk => Host.Context;

    private Fib Fib => Host.Fib;

    /// <summary>A buffer for a packet that the host makes; give it back with <see cref="Return"/> or send it.</summary>
    public PacketBuffer Rent() => _pool.Rent();

    /// <summary>Gives a buffer back.</summary>
    public void Return(PacketBuffer packet) => _pool.Return(packet);

    /// <summary>A packet comes in by an interface; all that follows from it happens before this returns.</summary>
    /// <param name="device">The interface; it is up.</param>
    /// <param name="linkHeader">The Ethernet header, VLAN tags included; empty on links without one.</param>
    /// <param name="ip">All that follows it.</param>
    public void Receive(NetDevice device, ReadOnlySpan<byte> linkHeader, ReadOnlySpan<byte> ip)
    {
        PacketBuffer packet = Rent();
        packet.Load(ip);
        packet.InDevice = device;
        packet.SetLinkHeader(linkHeader);
        int outer = Walk.BeginLife(LifeCause.Received, packet);
        Fate fate = ReceiveFromLink(packet, device);
        Finish(packet, outer, fate);
        DrainLoopback();
    }

    /// <summary>Whether an interface has a link header.</summary>
    internal static bool HasLinkHeader(NetDevice device) =>
        device.Kind is NetDeviceKind.Ethernet or NetDeviceKind.Veth or NetDeviceKind.Bridge;

    /// <summary>Passes a packet through a hook, from the function after a priority on.</summary>
    private Verdict RunHook(Hook hook, PacketBuffer packet)
    {
        Verdict verdict = Host.Hooks.Run(hook, packet, Walk);
        _isLastQueued = verdict == Verdict.Queue;
        return verdict;
    }

    private void Finish(PacketBuffer packet, int outer, in Fate fate)
    {
        Walk.EndLife(outer, fate);
        if (packet.IsQueued)
        {
            packet.IsQueued = false;
        }
        else
        {
            Return(packet);
        }
    }

    // A rule can make a packet for this very host out of each that comes back over lo; the kernel goes round for ever.
    private void DrainLoopback()
    {
        for (int rounds = 0; _loopedBack.TryDequeue(out PacketBuffer? packet); rounds++)
        {
            int outer = Walk.BeginLife(LifeCause.LoopedBack, packet);
            Fate fate = rounds < MostRounds
                ? ReceiveFromLink(packet, packet.InDevice!)
                : Fate.Unknown("packets go round over lo without end");
            Finish(packet, outer, fate);
        }
    }

    private void Note(string note)
    {
        if (Walk.Recorder is { } recorder)
        {
            recorder.Add(new NoteStep(note));
        }
    }

    /// <summary>Tells a watcher of a routing decision.</summary>
    private void NoteRoute(PacketBuffer packet, RouteResult route)
    {
        if (Walk.Recorder is { } recorder)
        {
            string way = route.Gateway is { } gateway ? $" via {gateway}" : "";
            string device = route.Device is null ? "" : $" dev {route.Device}";
            string table = route.Table is 0 or RouteTables.Main or RouteTables.Local ? "" : $" table {route.Table}";
            string type = route.Type switch
            {
                RouteType.Unicast => "",
                RouteType.Unspecified => "none to ",
                _ => $"{route.Type.ToString().ToLowerInvariant()} ",
            };
            recorder.Add(new RouteStep($"{type}{packet.Destination}{way}{device}{table}"));
        }
    }

    /// <summary>What the routing tables are asked for with a packet.</summary>
    private static RouteKey KeyOf(PacketBuffer packet, int inIndex)
    {
        RouteKey key = new()
        {
            Destination = packet.Destination,
            Source = packet.Source,
            InIndex = inIndex,
            Mark = packet.Mark,
            Tos = packet.Family == IpFamily.IPv4 ? packet.Span[1] : (byte)(packet.ReadUInt16(0) >> 4),
            Protocol = packet.Protocol,
        };
        if (packet.FragmentOffset == 0 && packet.Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.Sctp
            && packet.Transport.Length >= 4)
        {
            key.SourcePort = BinaryPrimitives.ReadUInt16BigEndian(packet.Transport);
            key.DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(packet.Transport[2..]);
        }
        return key;
    }
}
