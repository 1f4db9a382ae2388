using System.Collections.Immutable;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Engine;

/// <summary>
/// What became of a packet that a namespace received or sent, and of every other packet that came of it: fates, what left,
/// what was delivered, and, when watched, each rule that was tried. Owns copies of all it shows.
/// </summary>
public sealed class Walk : IPacketSink
{
    private readonly ImmutableArray<EmittedPacket>.Builder _emitted = ImmutableArray.CreateBuilder<EmittedPacket>();
    private readonly ImmutableArray<DeliveredPacket>.Builder _delivered = ImmutableArray.CreateBuilder<DeliveredPacket>();
    private readonly ImmutableArray<BridgedPacket>.Builder _bridged = ImmutableArray.CreateBuilder<BridgedPacket>();
    private readonly ImmutableArray<NflogRecord>.Builder _nflog = ImmutableArray.CreateBuilder<NflogRecord>();
    private readonly ImmutableArray<string>.Builder _log = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<string>.Builder _trace = ImmutableArray.CreateBuilder<string>();

    internal Walk(WalkOptions options) => Recorder = new WalkRecorder { KeepsSteps = options.KeepsSteps };

    /// <summary>What became of the packet that the walk began with.</summary>
    public Fate Fate => Recorder.Lives.Count > 0 ? Recorder.Lives[0].Fate : default;

    /// <summary>The packets that left, in order.</summary>
    public ImmutableArray<EmittedPacket> Emitted => _emitted.ToImmutable();

    /// <summary>The packets that were given to the local host, in order.</summary>
    public ImmutableArray<DeliveredPacket> Delivered => _delivered.ToImmutable();

    /// <summary>The packets that passed a bridge's own interface, in order.</summary>
    public ImmutableArray<BridgedPacket> Bridged => _bridged.ToImmutable();

    /// <summary>All packets of the walk, in the order they began to exist.</summary>
    public ImmutableArray<PacketLife> Lives => [.. Recorder.Lives];

    /// <summary>Everything that happened, in order; empty without a watcher.</summary>
    public ImmutableArray<TraceStep> Steps => [.. Recorder.Steps];

    /// <summary>Lines of the kernel's log, those of TRACE left out.</summary>
    public ImmutableArray<string> Log => _log.ToImmutable();

    /// <summary>What packets that TRACE marked met: <c>table:chain:rule|return|policy:number</c>.</summary>
    public ImmutableArray<string> TraceLines => _trace.ToImmutable();

    /// <summary>What NFLOG handed to user space.</summary>
    public ImmutableArray<NflogRecord> Nflog => _nflog.ToImmutable();

    /// <summary>What the sending program was told; none for a received packet.</summary>
    public Stack.SendError SendError { get; internal set; }

    internal WalkRecorder Recorder { get; }

    /// <summary>The way as a person reads it: hooks, tables, chains and rules, why each did or did not match, and the fate.</summary>
    /// <param name="showsEveryRule">False to tell long runs of rules that do not match in one line.</param>
    public string Explain(bool showsEveryRule = false) => WalkRenderer.Render(this, showsEveryRule);

    /// <inheritdoc/>
    public override string ToString() => Fate.ToString();

    void IPacketSink.OnEmitted(NetDevice device, PacketBuffer packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        _emitted.Add(new EmittedPacket(device, Packet.Parse(packet.Span), Recorder.CurrentLife)
        {
            LinkHeader = packet.Bytes.AsMemory(packet.Start - packet.LinkHeaderLength, packet.LinkHeaderLength).ToArray(),
        });
    }

    void IPacketSink.OnBridged(NetDevice bridge, bool isSent, PacketBuffer packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        _bridged.Add(new BridgedPacket(bridge, isSent, Packet.Parse(packet.Span)));
    }

    void IPacketSink.OnDelivered(PacketBuffer packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        _delivered.Add(new DeliveredPacket(packet.InDevice, Packet.Parse(packet.Span), packet.Mark, Recorder.CurrentLife));
    }

    void IPacketSink.OnLog(string line) => _log.Add(line);

    void IPacketSink.OnTrace(string line, PacketBuffer packet) => _trace.Add(line);

    void IPacketSink.OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        _nflog.Add(new NflogRecord(
            group, prefix, hook, packet.InDevice?.Name ?? "", packet.OutDevice?.Name ?? "", packet.Mark, Packet.Parse(packet.Span))
        {
            PhysInDevice = packet.PhysInDevice?.Name ?? "",
            PhysOutDevice = packet.PhysOutDevice?.Name ?? "",
        });
    }
}
