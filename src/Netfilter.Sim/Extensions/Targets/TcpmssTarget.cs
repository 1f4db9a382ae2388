using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j TCPMSS</c>: lowers the largest segment that a SYN announces (<c>net/netfilter/xt_TCPMSS.c tcpmss_mangle_packet</c>,
/// <c>struct xt_tcpmss_info</c>).
/// </summary>
/// <param name="Family">The family of the rule.</param>
/// <param name="Mss">The size; null for what the smaller MTU of both ways leaves.</param>
public sealed record TcpmssTarget(IpFamily Family, ushort? Mss) : ExtensionTarget
{
    private const byte MssKind = 2, NoOperation = 1;
    private const int HeaderLength = 20, OptionLength = 4, MostHeader = 60;

    /// <summary>The declaration for IPv4.</summary>
    public static TargetDeclaration ExtensionV4 { get; } = Declare(IpFamily.IPv4, ushort.MaxValue - 20);

    /// <summary>The declaration for IPv6.</summary>
    public static TargetDeclaration ExtensionV6 { get; } = Declare(IpFamily.IPv6, ushort.MaxValue - 40);

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Family == IpFamily.IPv4 ? ExtensionV4 : ExtensionV6;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Mss is { } mss)
        {
            writer.Option("set-mss", mss);
        }
        else
        {
            writer.Flag("clamp-mss-to-pmtu");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("TCPMSS ");
        if (Mss is { } mss)
        {
            writer.Raw("set ").Number(mss);
        }
        else
        {
            writer.Raw("clamp to PMTU");
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // tcpmss_tg4_check: only SYNs carry the option, so a match has to ask for SYN.
        bool asksForSyn = false;
        foreach (Match match in check.Rule.Matches)
        {
            asksForSyn |= match is TcpMatch tcp && (tcp.FlagCompare & 2) != 0 && (tcp.Inverted & TcpInversions.Flags) == 0;
        }
        bool isMisplaced = Mss is null && check.ReachesAny(Hooks.PreRouting | Hooks.LocalIn);
        return asksForSyn && !isMisplaced ? KernelErrno.None : KernelErrno.Invalid;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            return TargetVerdict.Continue;
        }
        int start = packet.TransportOffset, length = packet.Length - start;
        int header = length < HeaderLength ? 0 : (packet.Span[start + 12] >> 4) * 4;
        if (header < HeaderLength || length < header || !TryFindLimit(context, out int limit))
        {
            return TargetVerdict.Drop;
        }
        packet.Linearize();
        Span<byte> tcp = packet.Writable[start..];
        for (int i = HeaderLength; i <= header - OptionLength; i += tcp[i] <= NoOperation || tcp[i + 1] == 0 ? 1 : tcp[i + 1])
        {
            if (tcp[i] == MssKind && tcp[i + 1] == OptionLength)
            {
                Lower(tcp, i + 2, limit);
                return TargetVerdict.Continue;
            }
        }
        if (length == header && header < MostHeader)
        {
            Insert(packet, length, limit);
        }
        return TargetVerdict.Continue;
    }

    private bool TryFindLimit(in TargetContext context, out int limit)
    {
        limit = Mss ?? 0;
        if (Mss is not null)
        {
            return true;
        }
        PacketBuffer packet = context.Packet;
        int headers = (packet.Family == IpFamily.IPv4 ? 20 : 40) + HeaderLength;
        Fib fib = context.Walk.Host.Fib;
        RouteKey key = new()
        {
            Destination = packet.Source,
            Source = new NetAddress(packet.Family, 0),
            InIndex = fib.Loopback.Index,
        };
        // The way back to the host itself is lo's, with its large MTU.
        RouteResult back = packet.Family == IpFamily.IPv4
            ? fib.RouteOutputV4(key, false, out _)
            : fib.RouteOutputV6(key, out _);
        int mtu = packet.Route?.EffectiveMtu ?? int.MaxValue;
        mtu = Fib.ThrowsAway(back.Type) ? mtu : Math.Min(mtu, back.EffectiveMtu);
        limit = (ushort)(mtu - headers);
        return mtu > headers;
    }

    // The size is never raised.
    private static void Lower(Span<byte> tcp, int at, int limit)
    {
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(tcp[at..]);
        if (before > limit)
        {
            tcp[at] = (byte)(limit >> 8);
            tcp[at + 1] = (byte)limit;
            ChecksumUpdate.Apply(tcp.Slice(16, 2), ChecksumUpdate.Delta(before, (ushort)limit));
        }
    }

    // Without the option the other end must assume the default, so that is the most that may be put in.
    private static void Insert(PacketBuffer packet, int length, int limit)
    {
        int start = packet.TransportOffset;
        int mss = Math.Min(limit, packet.Family == IpFamily.IPv4 ? 536 : 1220);
        packet.SetLength(packet.Length + OptionLength);
        Span<byte> tcp = packet.Writable[start..];
        tcp[HeaderLength..length].CopyTo(tcp[(HeaderLength + OptionLength)..]);
        uint option = ((uint)MssKind << 24) | ((uint)OptionLength << 16) | (uint)mss;
        BinaryPrimitives.WriteUInt32BigEndian(tcp[HeaderLength..], option);
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(tcp[12..]);
        ushort after = (ushort)(before + 0x1000);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[12..], after);
        uint delta = ChecksumUpdate.Delta((ushort)length, (ushort)(length + OptionLength));
        ChecksumUpdate.Apply(tcp.Slice(16, 2), delta);
        ChecksumUpdate.Apply(tcp.Slice(16, 2), ChecksumUpdate.Delta(0u, option));
        ChecksumUpdate.Apply(tcp.Slice(16, 2), ChecksumUpdate.Delta(before, after));
    }

    private static TargetDeclaration Declare(IpFamily family, ulong most) => new()
    {
        Name = "TCPMSS",
        KernelBytes = 8,
        Summary = "Lowers the largest segment size that a TCP connection agrees on.",
        Source = "net/netfilter/xt_TCPMSS.c, extensions/libxt_TCPMSS.c",
        OnlyFamily = family,
        RequiredProtocol = IpProtocols.Tcp,
        Options =
        [
            new("set-mss", OptionKind.UInt16) { Max = most, ValueName = "bytes", Parse = ParseSize, Help = "The size." },
            new("clamp-mss-to-pmtu") { Parse = ParseSize, Help = "What the smaller MTU of both ways leaves." },
        ],
        SampleBase = ["-p", "tcp", "--syn"],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("TCPMSS target: At least one parameter is required");
            }
        },
        Build = values => new TcpmssTarget(family, values.Get<ushort?>("size")),
        Sample = source => ["--set-mss", $"{source.Next(65000)}"],
    };

    // The later of the two options counts.
    private static object? ParseSize(OptionCall call)
    {
        call.Values.Set("size", call.Value is ulong size ? (ushort?)size : null);
        return call.Value;
    }
}
