using System.Collections.Immutable;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Links;

/// <summary>
/// Several namespaces and the cables between them: what one sends, the other end receives, until all is quiet. Hosts on one
/// Ethernet know each other's addresses, as if all had talked before.
/// </summary>
public sealed partial class Network
{
    // Two routers that send a packet to each other stop after 255 hops; more lives than that are a storm.
    private const int MostHops = 2048;

    private readonly List<Segment> _segments = [];
    private readonly Dictionary<NetworkNamespace, ImmutableArray<NetDevice>> _learnt = [];
    private ulong _nextMacAddress = 0x0242_0000_0001;

    /// <summary>The hosts, in the order they were connected.</summary>
    public ImmutableArray<NetworkNamespace> Hosts { get; private set; } = [];

    /// <summary>Plugs a cable between two interfaces (a veth pair).</summary>
    /// <exception cref="ArgumentException">There is no such interface, or it has a cable already.</exception>
    public void Connect(NetworkNamespace left, string leftDevice, NetworkNamespace right, string rightDevice) =>
        Connect((left, leftDevice), (right, rightDevice));

    /// <summary>Plugs any number of interfaces into one switch.</summary>
    /// <exception cref="ArgumentException">There is no such interface, or it has a cable already.</exception>
    public void Connect(params ReadOnlySpan<(NetworkNamespace Host, string Device)> ends)
    {
        Segment segment = new([]);
        foreach ((NetworkNamespace host, string device) in ends)
        {
            ArgumentNullException.ThrowIfNull(host);
            NetDevice known = host.Interface(device);
            if (FindSegment(host, known.Index) is not null)
            {
                throw new ArgumentException($"The interface {device} of {host} has a cable already.", nameof(ends));
            }
            if (known.MacAddress != 0)
            {
                host.Change(known with { MacAddress = _nextMacAddress++ });
            }
            segment.Ends.Add(new End(host, known.Index));
            Hosts = Hosts.Contains(host) ? Hosts : Hosts.Add(host);
        }
        _segments.Add(segment);
    }

    /// <summary>Pulls the cable of an interface.</summary>
    public void Disconnect(NetworkNamespace host, string device)
    {
        ArgumentNullException.ThrowIfNull(host);
        int index = host.Interface(device).Index;
        FindSegment(host, index)?.Ends.RemoveAll(end => end.Host == host && end.DeviceIndex == index);
    }

    /// <summary>Takes a host away, with its ends of all cables.</summary>
    public void Remove(NetworkNamespace host)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach (Segment segment in _segments)
        {
            segment.Ends.RemoveAll(end => end.Host == host);
        }
        _segments.RemoveAll(segment => segment.Ends.Count == 0);
        _learnt.Remove(host);
        Hosts = Hosts.Remove(host);
    }

    /// <summary>A host sends a packet; it and all that follow from it go their ways until nothing moves any more.</summary>
    /// <param name="from">The host.</param>
    /// <param name="packet">The packet, as a raw socket would send it.</param>
    /// <param name="socket">The socket that sends it; null for one of root's.</param>
    /// <param name="options">How closely to watch; null for every rule.</param>
    public Journey Send(NetworkNamespace from, Packet packet, LocalSocket? socket = null, WalkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(from);
        LearnNeighbours();
        return Play(new Hop(from, null, from.Send(packet, socket, options)) { Packet = packet }, options);
    }

    /// <summary>A packet comes in from outside by an interface without a cable; it goes its way as with <see cref="Send"/>.</summary>
    public Journey Receive(NetworkNamespace at, string device, Packet packet, WalkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(at);
        LearnNeighbours();
        return Play(new Hop(at, device, at.Receive(device, packet, options)) { Packet = packet }, options);
    }

    private Journey Play(Hop first, WalkOptions? options)
    {
        ImmutableArray<Hop>.Builder hops = ImmutableArray.CreateBuilder<Hop>();
        Queue<(NetworkNamespace Host, string Device, EmittedPacket Frame)> under = new();
        hops.Add(first);
        Forward(first, under);
        while (under.TryDequeue(out (NetworkNamespace Host, string Device, EmittedPacket Frame) next) && hops.Count < MostHops)
        {
            Walk walk = next.Host.ReceiveFrame(next.Device, next.Frame.LinkHeader.Span, next.Frame.Packet.Bytes, options);
            Hop hop = new(next.Host, next.Device, walk) { Packet = next.Frame.Packet };
            hops.Add(hop);
            Forward(hop, under);
        }
        return new Journey(hops.ToImmutable(), under.Count > 0);
    }

    private void Forward(Hop hop, Queue<(NetworkNamespace Host, string Device, EmittedPacket Frame)> under)
    {
        foreach (EmittedPacket frame in hop.Walk.Emitted)
        {
            Segment? segment = FindSegment(hop.Host, frame.Device.Index);
            foreach (End end in segment?.Ends ?? [])
            {
                bool isSelf = end.Host == hop.Host && end.DeviceIndex == frame.Device.Index;
                if (!isSelf && end.Device is { IsUp: true } device && Takes(device, frame, segment!.Ends.Count > 2))
                {
                    under.Enqueue((end.Host, device.Name, frame));
                }
            }
        }
    }

    // A switch has learnt who is where; a cable and the port of a bridge take everything.
    private static bool Takes(NetDevice device, EmittedPacket frame, bool isSwitch)
    {
        if (!isSwitch || frame.LinkHeader.Length < 14 || device.MasterIndex != 0)
        {
            return true;
        }
        ulong destination = MacOf(frame.LinkHeader.Span);
        return destination == device.MacAddress || (destination >> 40 & 1) != 0;
    }

    private static ulong MacOf(ReadOnlySpan<byte> bytes)
    {
        ulong mac = 0;
        foreach (byte b in bytes[..6])
        {
            mac = (mac << 8) | b;
        }
        return mac;
    }

    private Segment? FindSegment(NetworkNamespace host, int deviceIndex) =>
        _segments.Find(segment => segment.Ends.Exists(end => end.Host == host && end.DeviceIndex == deviceIndex));

    private void LearnNeighbours()
    {
        if (Hosts.All(host => _learnt.TryGetValue(host, out ImmutableArray<NetDevice> known) && known == host.Interfaces))
        {
            return;
        }
        foreach (NetworkNamespace host in Hosts)
        {
            foreach (NetDevice device in host.Interfaces.Where(device => device.MacAddress != 0 && device.MasterIndex == 0))
            {
                Learn(host, device);
            }
        }
        foreach (NetworkNamespace host in Hosts)
        {
            _learnt[host] = host.Interfaces;
        }
    }

    private void Learn(NetworkNamespace host, NetDevice device)
    {
        HashSet<(NetworkNamespace, int)> seen = [(host, device.Index)];
        List<(NetworkNamespace Host, NetDevice Device)> peers = [];
        Explore(host, device, seen, peers);
        // A host answers for any of its addresses, for those of the interface itself first.
        foreach (bool own in (bool[])[true, false])
        {
            foreach ((NetworkNamespace other, NetDevice peer) in peers)
            {
                IEnumerable<InterfaceAddress> addresses = own ? peer.Addresses : AddressesOf(other);
                foreach (InterfaceAddress address in addresses)
                {
                    if (own || !host.Neighbours.Exists(known => known.Address == address.Address && known.Device == device.Name))
                    {
                        host.SetNeighbour(address.Address, device.Name, peer.MacAddress);
                    }
                }
            }
        }
    }

    private static IEnumerable<InterfaceAddress> AddressesOf(NetworkNamespace host) =>
        host.Interfaces.Where(device => device.Kind != NetDeviceKind.Loopback).SelectMany(device => device.Addresses);

    private void Explore(
        NetworkNamespace host,
        NetDevice device,
        HashSet<(NetworkNamespace, int)> seen,
        List<(NetworkNamespace Host, NetDevice Device)> peers)
    {
        // Across the cable, then over a bridge to its other ports.
        IEnumerable<NetDevice> ports = host.Interfaces.Where(port => port.MasterIndex == device.Index);
        foreach (NetDevice port in ports.Append(device))
        {
            foreach (End end in FindSegment(host, port.Index)?.Ends ?? [])
            {
                if (end.Device is not { } peer || !seen.Add((end.Host, peer.Index)))
                {
                    continue;
                }
                NetDevice? bridge = end.Host.Interfaces.FirstOrDefault(any => any.Index == peer.MasterIndex);
                if (bridge is null)
                {
                    peers.Add((end.Host, peer));
                }
                else if (seen.Add((end.Host, bridge.Index)))
                {
                    peers.Add((end.Host, bridge));
                    Explore(end.Host, bridge, seen, peers);
                }
            }
        }
    }

    private sealed record Segment(List<End> Ends);

    private sealed record End(NetworkNamespace Host, int DeviceIndex)
    {
        public NetDevice? Device => Host.Interfaces.FirstOrDefault(device => device.Index == DeviceIndex);
    }
}
