using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j ECN</c>: changes bits of explicit congestion notification (<c>net/ipv4/netfilter/ipt_ECN.c ecn_tg</c>,
/// <c>struct ipt_ECN_info</c>).
/// </summary>
/// <param name="Ece">What TCP's ECE becomes; null when it stays.</param>
/// <param name="Cwr">What TCP's CWR becomes; null when it stays.</param>
/// <param name="Ect">What the IP header's two bits become; null when they stay.</param>
public sealed record EcnTarget(bool? Ece, bool? Cwr, byte? Ect) : ExtensionTarget
{
    private const ushort CwrBit = 0x80, EceBit = 0x40;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "ECN",
        KernelBytes = 8,
        Summary = "Changes bits of explicit congestion notification.",
        Source = "net/ipv4/netfilter/ipt_ECN.c, extensions/libipt_ECN.c",
        OnlyFamily = IpFamily.IPv4,
        OnlyTable = "mangle",
        Options =
        [
            new("ecn-tcp-remove") { Excludes = ["ecn-tcp-cwr", "ecn-tcp-ece"], Help = "Clear both flags of TCP." },
            new("ecn-tcp-cwr", OptionKind.UInt8) { Max = 1, Excludes = ["ecn-tcp-remove"], ValueName = "0|1", Help = "Set or clear CWR." },
            new("ecn-tcp-ece", OptionKind.UInt8) { Max = 1, Excludes = ["ecn-tcp-remove"], ValueName = "0|1", Help = "Set or clear ECE." },
            new("ecn-ip-ect", OptionKind.UInt8) { Max = 3, ValueName = "n", Help = "Set the two bits of the IP header." },
        ],
        SampleBase = ["-p", "tcp"],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("ECN target: An operation is required");
            }
        },
        Build = values =>
        {
            bool? removed = values.Has("ecn-tcp-remove") ? false : null;
            return new EcnTarget(
                values.Has("ecn-tcp-ece") ? values.Get<ulong>("ecn-tcp-ece") == 1 : removed,
                values.Has("ecn-tcp-cwr") ? values.Get<ulong>("ecn-tcp-cwr") == 1 : removed,
                values.Has("ecn-ip-ect") ? (byte)values.Get<ulong>("ecn-ip-ect") : null);
        },
        Sample = _ => ["--ecn-tcp-remove"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    private bool Removes => Ece == false && Cwr == false && Ect is null;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Removes)
        {
            writer.Flag("ecn-tcp-remove");
            return;
        }
        if (Ece is { } ece)
        {
            writer.Option("ecn-tcp-ece", ece ? 1u : 0);
        }
        if (Cwr is { } cwr)
        {
            writer.Option("ecn-tcp-cwr", cwr ? 1u : 0);
        }
        if (Ect is { } ect)
        {
            writer.Option("ecn-ip-ect", ect);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ECN");
        if (Removes)
        {
            writer.Word("TCP remove");
            return;
        }
        if (Ece is { } ece)
        {
            writer.Word("ECE=").Number(ece ? 1u : 0);
        }
        if (Cwr is { } cwr)
        {
            writer.Word("CWR=").Number(cwr ? 1u : 0);
        }
        if (Ect is { } ect)
        {
            writer.Word("ECT codepoint=").Number(ect);
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        (Ece is not null || Cwr is not null) && !check.Is(IpProtocols.Tcp) ? KernelErrno.Invalid : KernelErrno.None;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        if (Ect is { } ect && (packet.TypeOfService & 3) != ect)
        {
            packet.SetTypeOfService((byte)((packet.TypeOfService & ~3) | ect));
        }
        if ((Ece is null && Cwr is null) || packet.Protocol != IpProtocols.Tcp)
        {
            return TargetVerdict.Continue;
        }
        int start = packet.TransportOffset;
        if (packet.Length < start + 20)
        {
            return TargetVerdict.Drop;
        }
        // Later fragments are rewritten where their header would be, too.
        Span<byte> tcp = packet.Writable[start..];
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(tcp[12..]);
        int after = (before & ~((Ece is null ? 0 : EceBit) | (Cwr is null ? 0 : CwrBit)))
            | (Ece == true ? EceBit : 0) | (Cwr == true ? CwrBit : 0);
        if (after != before)
        {
            BinaryPrimitives.WriteUInt16BigEndian(tcp[12..], (ushort)after);
            ChecksumUpdate.Apply(tcp.Slice(16, 2), ChecksumUpdate.Delta(before, (ushort)after));
        }
        return TargetVerdict.Continue;
    }
}
