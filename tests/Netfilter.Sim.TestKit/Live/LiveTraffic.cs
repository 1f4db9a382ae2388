using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// Random packets of a case, one after the other: flows with answers to what the kernel let out, their errors, fragments, and packets
/// that belong to nothing.
/// </summary>
public sealed class LiveTraffic(LiveSource source, LiveTopology topology)
{
    private readonly List<LiveFlow> _flows = [];
    private readonly Queue<KernelStep> _ready = [];
    private int _identification = source.Between(1, 20000);
    private int _port = source.Between(1024, 30000);

    /// <summary>The next packet. <paramref name="flow"/> wants to hear what became of it.</summary>
    public KernelStep Next(out LiveFlow? flow)
    {
        flow = null;
        if (_ready.TryDequeue(out KernelStep? ready))
        {
            return ready;
        }
        int kind = source.Next(100);
        if (kind < 6)
        {
            return Odd();
        }
        if (kind < 11)
        {
            Fragments();
            return _ready.Dequeue();
        }
        if (_flows.Count == 0 || source.Percent(_flows.Count < 4 ? 35 : 12))
        {
            _flows.Add(NewFlow());
            flow = _flows[^1];
        }
        else
        {
            flow = source.Pick(_flows);
        }
        KernelStep? step = flow.Next(this);
        if (step is null)
        {
            _flows.Remove(flow);
            return Next(out flow);
        }
        return step;
    }

    /// <summary>A number that no other packet has.</summary>
    public uint NextIdentification() => (uint)(_identification = (_identification % 60000) + 1);

    /// <summary>A packet comes in by an interface, or a local process sends it.</summary>
    /// <param name="from">Number of the interface; negative for a local process.</param>
    /// <param name="packet">Its bytes.</param>
    /// <param name="uid">The local process' user.</param>
    public static KernelStep Step(int from, ReadOnlySpan<byte> packet, uint uid = 0) => new()
    {
        Op = from < 0 ? "send" : "receive",
        Iface = from < 0 ? null : $"eth{from}",
        PacketHex = Convert.ToHexStringLower(packet),
        Uid = from < 0 ? uid : 0,
        Note = PacketLine.Describe(packet),
    };

    private LiveFlow NewFlow()
    {
        (int from, string origin, string destination) = Ends();
        _port += source.Between(1, 40);
        byte icmp = source.IsIPv6 ? (byte)58 : (byte)1;
        byte protocol = source.Next(20) switch
        {
            < 9 => 6,
            < 14 => 17,
            < 17 => icmp,
            17 => 132,
            18 => 136,
            _ => source.Pick((byte[])[47, 50, 33, 200]),
        };
        PacketBuilder common = new()
        {
            Source = origin,
            Destination = destination,
            Protocol = protocol,
            SourcePort = (ushort)_port,
            DestinationPort = (ushort)source.Pick(LiveTopology.Ports),
            TypeOfService = source.Percent(25) ? source.Pick((byte[])[0x10, 0xb8, 0x28, 3, 2]) : (byte)0,
            Ttl = source.Percent(8) ? source.Pick((byte[])[1, 2, 128, 255]) : (byte)64,
            DontFragment = source.Percent(70),
        };
        return new LiveFlow(source, common, from, source.Percent(30) ? 1000u : 0u, answersItself: topology.Host.LocalStack == "answer");
    }

    private (int From, string Origin, string Destination) Ends()
    {
        int kind = source.Next(20);
        IReadOnlyList<string> far = [.. topology.Servers, .. topology.Own];
        return kind switch
        {
            < 11 => (0, source.Pick(topology.Clients), source.Pick(far)),
            < 14 => (1, source.Pick((string[])[topology.At(1, 2), topology.At(1, 3), topology.FarHost(1), topology.FarHost(78)]),
                source.Pick((string[])[.. topology.Clients, .. topology.Own, topology.At(2, 3), topology.At(1, 99), topology.FarHost(78)])),
            < 16 => (2, topology.At(2, 2), source.Pick((string[])[.. topology.Clients, .. topology.Own, topology.At(1, 2), topology.At(2, 3)])),
            < 19 => (-1, source.Pick(topology.Own), source.Pick((string[])[.. topology.Clients, .. far])),
            _ => (source.Next(3), source.NextAddress(), source.NextAddress()),
        };
    }

    // Any packet at all that a property test would make, but between the hosts of the case most of the time.
    private KernelStep Odd()
    {
        const int Size = 50;
        PacketBuilder builder = Gen.Sample(PacketGenerators.Builder(source.Family), 1, new Rnd(source.Bits()), Size).Single();
        // See LeftOut.Packets.
        builder = builder with
        {
            Protocol = builder.Protocol is 255 or 2 ? (byte)254 : builder.Protocol,
            IcmpType = builder.IcmpType == 13 ? (byte)8 : builder.IcmpType,
        };
        if (source.Percent(80))
        {
            (_, string origin, string destination) = Ends();
            builder = builder with { Source = origin, Destination = destination, Ttl = (byte)Math.Max((int)builder.Ttl, 2) };
        }
        byte[] packet = (builder with { Identification = NextIdentification() }).Build().ToArray();
        if (source.Percent(25))
        {
            packet[source.Next(packet.Length)] ^= (byte)(1 << source.Next(8));
        }
        else if (source.Percent(10))
        {
            packet = packet[..source.Between(1, packet.Length)];
        }
        return Step(source.Next(3), packet);
    }

    private void Fragments()
    {
        (int from, string origin, string destination) = Ends();
        bool isUdp = source.Percent(70);
        PacketBuilder whole = new()
        {
            Source = origin,
            Destination = destination,
            Protocol = isUdp ? (byte)17 : source.IsIPv6 ? (byte)58 : (byte)1,
            SourcePort = (ushort)(_port += 3),
            DestinationPort = (ushort)source.Pick(LiveTopology.Ports),
            IcmpType = source.IsIPv6 ? (byte)128 : (byte)8,
            IcmpRest = (uint)_port << 16,
            Payload = [.. Enumerable.Range(0, source.Pick((int[])[60, 120, 1500, 2000])).Select(i => (byte)('a' + (i % 26)))],
            DontFragment = false,
        };
        byte[] bytes = whole.Build().ToArray();
        ReadOnlySpan<byte> datagram = bytes.AsSpan(new PacketFields(bytes).TransportOffset);
        int size = source.Pick((int[])[24, 64, 800, 1400]) / 8 * 8;
        uint identification = NextIdentification();
        List<KernelStep> pieces = [];
        for (int at = 0; at < datagram.Length && pieces.Count < 8; at += size)
        {
            ReadOnlySpan<byte> piece = datagram[at..Math.Min(at + size, datagram.Length)];
            PacketBuilder fragment = whole with
            {
                Identification = identification,
                FragmentOffset = at,
                MoreFragments = at + size < datagram.Length,
                HasTransportHeader = false,
                Payload = [.. piece],
            };
            pieces.Add(Step(Math.Max(from, 0), fragment.Build().Bytes));
        }
        if (source.Percent(25))
        {
            pieces.Reverse();
        }
        if (source.Percent(15))
        {
            pieces.RemoveAt(source.Next(pieces.Count));
        }
        if (source.Percent(15) && pieces.Count > 0)
        {
            pieces.Insert(source.Next(pieces.Count), source.Pick(pieces));
        }
        pieces.ForEach(_ready.Enqueue);
        if (pieces.Count == 0)
        {
            _ready.Enqueue(Odd());
        }
    }
}
