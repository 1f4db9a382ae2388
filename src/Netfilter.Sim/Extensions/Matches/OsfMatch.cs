using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m osf</c>: the sender's operating system, by what its SYN looks like (<c>net/netfilter/nfnetlink_osf.c nf_osf_match</c>). The
/// kernel takes no notice of <c>!</c>, and with <c>--log</c> none of the system's name either.
/// </summary>
/// <param name="Genre">The operating system.</param>
/// <param name="Ttl">How the time to live is compared: 0 exactly, 1 at most, 2 not at all; null for 0.</param>
/// <param name="Log">What is logged: 0 all, 1 the first, 2 all that are known; null for nothing.</param>
/// <param name="IsInverted">Whether <c>!</c> was written.</param>
public sealed record OsfMatch(string Genre, byte? Ttl, byte? Log, bool IsInverted) : Match
{
    private const int MaxGenre = 31, TcpHeader = 20;
    private const byte NotSyn = 1, Truncated = 2, NoFingerprint = 3;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "osf",
        KernelBytes = 48,
        Summary = "Guesses the sender's operating system from its SYN.",
        Source = "net/netfilter/xt_osf.c, net/netfilter/nfnetlink_osf.c, extensions/libxt_osf.c",
        OnlyFamily = IpFamily.IPv4,
        Hooks = Hooks.PreRouting | Hooks.LocalIn | Hooks.Forward,
        RequiredProtocol = IpProtocols.Tcp,
        Options =
        [
            new("genre", OptionKind.Text)
            {
                Required = true, Invertible = true, KeptBytes = MaxGenre, ValueName = "system", Help = "The operating system.",
                Sample = source => source.Next(2) == 0 ? "Linux" : "Windows",
            },
            new("ttl", OptionKind.UInt32) { Max = 2, ValueName = "0|1|2", Help = "How the time to live is compared." },
            new("log", OptionKind.UInt32) { Max = 2, ValueName = "0|1|2", Help = "What is logged." },
        ],
        Build = values => new OsfMatch(
            values.Get<string>("genre"),
            values.Has("ttl") ? (byte)values.Get<ulong>("ttl") : null,
            values.Has("log") ? (byte)values.Get<ulong>("log") : null,
            values.IsInverted("genre")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        ReadOnlySpan<byte> tcp = packet.Transport;
        if (tcp.Length < TcpHeader)
        {
            return MatchResult.No(Truncated);
        }
        if ((tcp[13] & (int)TcpFlags.Syn) == 0)
        {
            return MatchResult.No(NotSyn);
        }
        int options = Math.Max(0, ((tcp[12] >> 4) * 4) - TcpHeader);
        if (tcp.Length < TcpHeader + options)
        {
            return MatchResult.No(Truncated);
        }
        ReadOnlySpan<byte> ip = packet.Span;
        OsSample sample = new(
            BinaryPrimitives.ReadUInt16BigEndian(ip[2..]), (ip[6] & 0x40) != 0, BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]),
            tcp.Slice(TcpHeader, options));
        foreach (OsFingerprint fingerprint in context.Walk.Host.Configuration.OsFingerprints)
        {
            bool isMeant = Log is not null || string.Equals(fingerprint.Genre, Genre, StringComparison.Ordinal);
            if (isMeant && HasTtl(packet, fingerprint.Ttl) && fingerprint.Fits(sample))
            {
                return MatchResult.Yes;
            }
        }
        return MatchResult.No(NoFingerprint);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NotSyn => "the segment is no SYN",
        Truncated => "the TCP header is cut off",
        NoFingerprint => $"the SYN has no fingerprint of {(Log is null ? Genre : "any system")}",
        _ => $"the SYN has a fingerprint of {(Log is null ? Genre : "some system")}",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option("genre", Genre, IsInverted);
        if (Ttl is { } ttl)
        {
            writer.Option("ttl", ttl);
        }
        if (Log is { } log)
        {
            writer.Option("log", log);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("OS fingerprint match ").Raw(IsInverted ? "! " : "").Raw(Genre);

    // nf_osf_ttl
    private bool HasTtl(PacketBuffer packet, byte expected)
    {
        byte ttl = packet.Span[8];
        return Ttl switch
        {
            2 => true,
            1 => ttl <= expected,
            _ => ttl == expected,
        };
    }
}
