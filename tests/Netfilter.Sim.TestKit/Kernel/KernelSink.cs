using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Keeps what leaves a walk in the form in which it was recorded.</summary>
internal sealed class KernelSink : IPacketSink
{
    private static readonly string[] HookNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private readonly List<KernelPacket> _emitted = [];
    private readonly List<KernelPacket> _delivered = [];
    private readonly List<KernelNflog> _nflog = [];
    private readonly List<string> _log = [];
    private readonly List<string> _trace = [];

    public void OnEmitted(NetDevice device, PacketBuffer packet) => _emitted.Add(new KernelPacket(device.Name)
    {
        PacketHex = Convert.ToHexStringLower(packet.Span),
        EthernetHex = device.Kind is NetDeviceKind.Tun or NetDeviceKind.Loopback
            ? null
            : Convert.ToHexStringLower(packet.Bytes.AsSpan(packet.Start - packet.LinkHeaderLength, packet.LinkHeaderLength)),
    });

    public void OnDelivered(PacketBuffer packet) => _delivered.Add(new KernelPacket(packet.InDevice?.Name ?? "lo")
    {
        PacketHex = Convert.ToHexStringLower(packet.Span),
        Mark = packet.Mark,
    });

    public void OnLog(string line) => _log.Add(line);

    public void OnTrace(string line, PacketBuffer packet) => _trace.Add(line);

    public void OnNflog(ushort group, string prefix, Hook hook, PacketBuffer packet) =>
        _nflog.Add(new KernelNflog(group, prefix, HookNames[(int)hook])
        {
            In = packet.InDevice?.Name ?? "",
            Out = packet.OutDevice?.Name ?? "",
            Physin = packet.PhysInDevice?.Name,
            Physout = packet.PhysOutDevice?.Name,
            Mark = packet.Mark,
            PacketHex = Convert.ToHexStringLower(packet.Span),
        });

    /// <summary>All that was kept.</summary>
    public KernelStepExpect Result() => new()
    {
        Emitted = _emitted,
        Delivered = _delivered,
        Nflog = _nflog,
        Log = _log,
        Trace = _trace,
    };
}
