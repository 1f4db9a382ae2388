using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary>
/// A node with kube-proxy's rules between its pods and the pods of others, and the traffic of pods to its services.
/// </summary>
internal sealed class KubeNode
{
    private readonly LastPacket _sink = new();
    private readonly long _now;
    private readonly NetDevice _pods;
    private readonly NetDevice _others;
    private readonly byte[] _syn = Packet.Tcp("10.128.200.1:40000", "10.96.0.10:80", TcpFlags.Syn).ToArray();
    private readonly byte[] _ack = Packet.Tcp("10.128.200.1:40000", "10.96.0.10:80", TcpFlags.Ack).ToArray();

    public KubeNode(int services)
    {
        Rules = new KubeRules(services);
        Host = new NetworkNamespace("node");
        _now = (Host.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        _pods = Host.AddInterface("pods", NetDeviceKind.Tun, "10.128.0.1/32");
        _others = Host.AddInterface("others", NetDeviceKind.Tun, "192.168.1.11/24");
        Host.Routes.Add("10.128.0.0/10 dev others");
        Host.Sysctls["net.ipv4.ip_forward"] = "1";
    }

    public KubeRules Rules { get; }

    public NetworkNamespace Host { get; }

    /// <summary>Whether chains are scanned rule by rule.</summary>
    public bool IsLinear { get; set; }

    public void Load(string text)
    {
        ShellResult result = new IptablesShell(Host).Execute("iptables-restore", text);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.Stderr);
        }
    }

    /// <summary>Forgets all connections.</summary>
    public void Forget()
    {
        foreach (int id in Host.Tracker.Listed(ConnectionTracker.JiffiesOf(_now)).ToList())
        {
            Host.Tracker.Kill(id, null);
        }
        Host.Tracker.EndWalk();
    }

    /// <summary>A pod opens connection number <paramref name="flow"/> to a service.</summary>
    public void Open(int service, int flow)
    {
        Address(_syn, service, flow);
        Expect(Process(_pods, _syn), FateKind.Forwarded);
    }

    /// <summary>The rest of the handshake of a connection that has just been opened.</summary>
    public void Establish(int service, int flow)
    {
        Packet syn = Packet.Parse(_sink.Bytes);
        byte[] answer = Packet.Tcp(
            new NetEndpoint(syn.Destination, syn.DestinationPort!.Value),
            new NetEndpoint(syn.Source, syn.SourcePort!.Value),
            TcpFlags.Syn | TcpFlags.Ack).ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(28), BinaryPrimitives.ReadUInt32BigEndian(_syn.AsSpan(24)) + 1);
        Fix(answer);
        Expect(Process(_others, answer), FateKind.Forwarded);
        BinaryPrimitives.WriteUInt32BigEndian(_ack.AsSpan(24), BinaryPrimitives.ReadUInt32BigEndian(_syn.AsSpan(24)) + 1);
        BinaryPrimitives.WriteUInt32BigEndian(_ack.AsSpan(28), BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(24)) + 1);
        Fix(_ack);
        Send(service, flow);
    }

    /// <summary>The pod sends an acknowledgement on an open connection.</summary>
    public void Send(int service, int flow)
    {
        Address(_ack, service, flow);
        Expect(Process(_pods, _ack), FateKind.Forwarded);
    }

    /// <summary>The packet that <see cref="Open"/> sends.</summary>
    public byte[] OpenPacket(int service, int flow)
    {
        Address(_syn, service, flow);
        return [.. _syn];
    }

    /// <summary>The packet that <see cref="Send"/> sends.</summary>
    public byte[] DataPacket(int service, int flow)
    {
        Address(_ack, service, flow);
        return [.. _ack];
    }

    /// <summary>A pod sends a packet that was made before.</summary>
    public void Pass(byte[] packet) => Expect(Process(_pods, packet), FateKind.Forwarded);

    private Fate Process(NetDevice device, ReadOnlySpan<byte> packet)
    {
        if (!IsLinear)
        {
            return Host.Process(device, packet, _sink);
        }
        Host.Context.Begin(_now, _sink, null, isLinear: true);
        Host.Stack.Receive(device, default, packet);
        Host.Context.End();
        return Host.Context.FirstFate;
    }

    private static void Expect(in Fate fate, FateKind kind)
    {
        if (fate.Kind != kind)
        {
            throw new InvalidOperationException(fate.ToString());
        }
    }

    // Changes addresses and ports, and the checksums by the difference, so that the packet costs little to make.
    private static void Address(byte[] packet, int service, int flow)
    {
        uint before = Sum(packet.AsSpan(12, 10));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), (10u << 24) + (128 << 16) + (200 << 8) + (uint)(flow / 50_000));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), KubeRules.AddressOf(service));
        uint addresses = Sum(packet.AsSpan(12, 8)) - before + BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(20));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)(10_000 + (flow % 50_000)));
        Adjust(packet.AsSpan(10), addresses);
        Adjust(packet.AsSpan(36), Sum(packet.AsSpan(12, 10)) - before);
    }

    private static void Adjust(Span<byte> checksum, uint change)
    {
        long sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(checksum) + (long)(int)change;
        sum = ((sum % 0xffff) + 0xffff) % 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)~sum);
    }

    // The checksums of a packet of 40 bytes.
    private static void Fix(Span<byte> packet)
    {
        packet.Slice(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..20])));
        packet.Slice(36, 2).Clear();
        uint pseudo = Sum(packet.Slice(12, 8)) + 6 + (uint)(packet.Length - 20);
        BinaryPrimitives.WriteUInt16BigEndian(packet[36..], Fold(pseudo + Sum(packet[20..])));
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }
        return sum;
    }

    private static ushort Fold(uint sum)
    {
        sum = (sum >> 16) + (sum & 0xffff);
        return (ushort)~(sum + (sum >> 16));
    }

    private sealed class LastPacket : IPacketSink
    {
        private readonly byte[] _bytes = new byte[2048];
        private int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void OnEmitted(NetDevice device, PacketBuffer packet)
        {
            packet.Span.CopyTo(_bytes);
            _length = packet.Length;
        }

        public void OnDelivered(PacketBuffer packet)
        {
        }

        public void OnLog(string line)
        {
        }

        public void OnTrace(string line, PacketBuffer packet)
        {
        }

        public void OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet)
        {
        }
    }
}
