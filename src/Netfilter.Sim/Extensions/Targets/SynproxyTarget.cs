using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Conntrack.SynProxy;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j SYNPROXY</c>: answers SYNs for a server and opens its connection only when the client has finished the handshake
/// (<c>net/ipv4/netfilter/ipt_SYNPROXY.c synproxy_tg4</c>, <c>net/ipv6/netfilter/ip6t_SYNPROXY.c</c>).
/// </summary>
public sealed record SynproxyTarget : ExtensionTarget
{
    private const int TcpHeader = 20;
    private const TcpFlags Controls = TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Rst;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "SYNPROXY",
        KernelBytes = 8,
        Summary = "Answers SYNs for a server until the client has proved itself.",
        Source = "net/netfilter/nf_synproxy_core.c, extensions/libxt_SYNPROXY.c",
        Hooks = Hooks.LocalIn | Hooks.Forward,
        RequiredProtocol = IpProtocols.Tcp,
        Options =
        [
            new("sack-perm") { Help = "The server takes selective acknowledgements." },
            new("timestamp") { Help = "The server takes time stamps." },
            new("wscale", OptionKind.UInt32) { ValueName = "shift", Help = "The server's window scale; 8 bits are kept." },
            new("mss", OptionKind.UInt32) { ValueName = "bytes", Help = "The server's segment size; 16 bits are kept." },
            new("ecn") { Help = "The server takes explicit congestion notification." },
        ],
        Build = values => new SynproxyTarget
        {
            PermitsSack = values.Has("sack-perm"),
            PermitsTimestamp = values.Has("timestamp"),
            WindowScale = values.Has("wscale") ? unchecked((byte)values.Get<ulong>("wscale")) : null,
            Mss = values.Has("mss") ? unchecked((ushort)values.Get<ulong>("mss")) : null,
            PermitsEcn = values.Has("ecn"),
        },
        Sample = source => ["--sack-perm", "--timestamp", "--wscale", $"{source.Next(15)}", "--mss", $"{source.Next(65536)}"],
    };

    /// <summary><c>--sack-perm</c>.</summary>
    public bool PermitsSack { get; init; }

    /// <summary><c>--timestamp</c>.</summary>
    public bool PermitsTimestamp { get; init; }

    /// <summary><c>--wscale</c>; null when it was not given.</summary>
    public byte? WindowScale { get; init; }

    /// <summary><c>--mss</c>; null when it was not given.</summary>
    public ushort? Mss { get; init; }

    /// <summary><c>--ecn</c>.</summary>
    public bool PermitsEcn { get; init; }

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack | RuleNeeds.SynProxy;

    private SynProxyFlags Permitted => (Mss is null ? 0 : SynProxyFlags.Mss)
        | (WindowScale is null ? 0 : SynProxyFlags.WindowScale)
        | (PermitsSack ? SynProxyFlags.SackPermitted : 0)
        | (PermitsTimestamp ? SynProxyFlags.Timestamp : 0)
        | (PermitsEcn ? SynProxyFlags.Ecn : 0);

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        WalkContext walk = context.Walk;
        ReadOnlySpan<byte> tcp = packet.HasTransport ? packet.Transport : default;
        if (!NfChecksum.IsValid(packet, packet.TransportOffset, IpProtocols.Tcp) || tcp.Length < TcpHeader
            || !SynProxyOptions.TryRead(tcp, out SynProxyOptions options))
        {
            walk.Blame(Fate.Dropped("SYNPROXY: a bad checksum, or a TCP header that is cut off"));
            return TargetVerdict.Drop;
        }
        TcpFlags flags = (TcpFlags)tcp[13];
        switch (flags & Controls)
        {
            case TcpFlags.Syn:
                AnswerClient(packet, flags, options, walk);
                walk.Blame(Fate.Replaced("SYNPROXY answers for the server"));
                return TargetVerdict.Stolen;
            case TcpFlags.Ack:
                if (SynProxySender.OpenToServer(packet, options, BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]), walk))
                {
                    walk.Blame(Fate.Replaced("SYNPROXY opens the connection to the server"));
                    return TargetVerdict.Stolen;
                }
                walk.Blame(Fate.Dropped("SYNPROXY: the acknowledgement is no cookie"));
                return TargetVerdict.Drop;
            default:
                return TargetVerdict.Continue;
        }
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        foreach (string word in Words())
        {
            writer.Word("--").Raw(word);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("SYNPROXY ");
        foreach (string word in Words())
        {
            writer.Raw(word).Raw(' ');
        }
    }

    private void AnswerClient(PacketBuffer syn, TcpFlags flags, SynProxyOptions options, WalkContext walk)
    {
        const TcpFlags AsksForEcn = TcpFlags.Ece | TcpFlags.Cwr;
        options.Flags |= (flags & AsksForEcn) == AsksForEcn ? SynProxyFlags.Ecn : 0;
        options.Flags &= Permitted;
        ushort clientMss = options.Mss;
        options.Mss = Mss ?? 0;
        if (options.Has(SynProxyFlags.Timestamp))
        {
            options.HideInTimestamp(WindowScale ?? 0, unchecked((uint)(walk.NowNanoseconds / 1_000_000)));
        }
        else
        {
            options.Flags &= ~(SynProxyFlags.WindowScale | SynProxyFlags.SackPermitted | SynProxyFlags.Ecn);
        }
        SynProxySender.AnswerClient(syn, options, clientMss, walk);
    }

    private IEnumerable<string> Words()
    {
        if (PermitsSack)
        {
            yield return "sack-perm";
        }
        if (PermitsTimestamp)
        {
            yield return "timestamp";
        }
        if (WindowScale is { } scale)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"wscale {scale}");
        }
        if (Mss is { } mss)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"mss {mss}");
        }
        if (PermitsEcn)
        {
            yield return "ecn";
        }
    }
}
