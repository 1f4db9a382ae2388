using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j TPROXY</c>: gives a packet to a transparent socket and marks it, so that policy routing can deliver it
/// (<c>net/netfilter/xt_TPROXY.c tproxy_tg4, tproxy_tg6_v1</c>). Without such a socket the packet is dropped.
/// </summary>
/// <param name="Port">The socket's port; 0 for the packet's own.</param>
/// <param name="Address">The socket's address; the zero address for that of the incoming interface.</param>
/// <param name="Mark">The mark.</param>
/// <param name="Mask">Bits of the mark that are replaced.</param>
public sealed record TproxyTarget(ushort Port, NetAddress Address, uint Mark, uint Mask) : ExtensionTarget
{
    private const int TcpHeader = 20, PortsLength = 8;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "TPROXY",
        KernelBytes = 32,
        Summary = "Gives packets to a transparent socket.",
        Source = "net/netfilter/xt_TPROXY.c, extensions/libxt_TPROXY.c",
        OnlyTable = "mangle",
        Hooks = Hooks.PreRouting,
        Revision = 1,
        Options =
        [
            new("on-port", OptionKind.Port) { Required = true, ValueName = "port", Help = "The socket's port; 0 for the packet's." },
            new("on-ip", OptionKind.Host) { ValueName = "address", Help = "The socket's address." },
            new("tproxy-mark", OptionKind.MarkMask) { ValueName = "mark[/mask]", Help = "The mark that the packet gets." },
        ],
        Build = values =>
        {
            MaskedValue mark = values.Get("tproxy-mark", default(MaskedValue));
            NetAddress any = new(values.Family, 0);
            return new TproxyTarget(
                (ushort)values.Get<ulong>("on-port"), values.Get("on-ip", new HostMask(any, any)).Address, mark.Value, mark.Mask);
        },
        SampleBase = ["-p", "tcp"],
        Sample = source => ["--on-port", $"{1 + source.Next(65535)}", "--tproxy-mark", $"{source.Next(256)}/0xff"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Defragmentation;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Is(IpProtocols.Tcp) || check.Is(IpProtocols.Udp) ? KernelErrno.None : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        ReadOnlySpan<byte> transport = packet.HasTransport ? packet.Transport : default;
        if (transport.Length < (packet.Protocol == IpProtocols.Tcp ? TcpHeader : PortsLength))
        {
            context.Walk.Blame(Fate.Dropped("TPROXY: the transport header is cut off"));
            return TargetVerdict.Drop;
        }
        ushort port = Port != 0 ? Port : BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);
        NetAddress address = Address.Bits != 0 ? Address : FirstAddress(packet) ?? packet.Destination;
        if (context.Walk.Host.FindSocket(packet.Protocol, address, port) is not { IsTransparent: true } socket)
        {
            context.Walk.Blame(Fate.Dropped($"TPROXY: no transparent socket at {address} port {port}"));
            return TargetVerdict.Drop;
        }
        packet.Mark = (packet.Mark & ~Mask) ^ Mark;
        packet.Socket = socket;
        return TargetVerdict.Accept;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option("on-port", Port).Flag("on-ip").Raw(' ').Address(Address);
        writer.Flag("tproxy-mark").Raw(' ').Hex(Mark).Raw('/').Hex(Mask);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer
        .Word("TPROXY redirect ").Address(Address).Raw(':').Number(Port).Word("mark ").Hex(Mark).Raw('/').Hex(Mask);

    // nf_tproxy_laddr4, nf_tproxy_laddr6
    private static NetAddress? FirstAddress(PacketBuffer packet)
    {
        foreach (InterfaceAddress address in packet.InDevice?.Addresses ?? [])
        {
            if (address.Address.Family == packet.Family)
            {
                return address.Address;
            }
        }
        return null;
    }
}
