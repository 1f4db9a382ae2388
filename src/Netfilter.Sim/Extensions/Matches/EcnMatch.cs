using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m ecn</c>: bits of explicit congestion notification (<c>net/netfilter/xt_ecn.c ecn_mt4, ecn_mt6</c>,
/// <c>struct xt_ecn_info</c>).
/// </summary>
public sealed record EcnMatch : Match
{
    private const byte IpBits = 0, EceFlag = 1, CwrFlag = 2, Header = 3;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "ecn",
        KernelBytes = 8,
        Summary = "Matches bits of explicit congestion notification.",
        Source = "net/netfilter/xt_ecn.c, extensions/libxt_ecn.c",
        Options =
        [
            new("ecn-tcp-cwr") { Invertible = true, Help = "The CWR flag of TCP." },
            new("ecn-tcp-ece") { Invertible = true, Help = "The ECE flag of TCP." },
            new("ecn-ip-ect", OptionKind.UInt8) { Max = 3, Invertible = true, ValueName = "n", Help = "The two bits of the IP header." },
        ],
        SampleBase = ["-p", "tcp"],
        Sample = source => source.Next(2) == 0 ? ["!", "--ecn-tcp-cwr"] : ["--ecn-tcp-ece", "--ecn-ip-ect", $"{source.Next(4)}"],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("ECN match: some option required");
            }
        },
        Build = values => new EcnMatch
        {
            Ece = values.Has("ecn-tcp-ece") ? !values.IsInverted("ecn-tcp-ece") : null,
            Cwr = values.Has("ecn-tcp-cwr") ? !values.IsInverted("ecn-tcp-cwr") : null,
            Ect = values.Has("ecn-ip-ect")
                ? new Negatable<byte>((byte)values.Get<ulong>("ecn-ip-ect"), values.IsInverted("ecn-ip-ect"))
                : null,
        },
    };

    /// <summary><c>--ecn-tcp-ece</c>: whether the flag has to be set; null when not given.</summary>
    public bool? Ece { get; init; }

    /// <summary><c>--ecn-tcp-cwr</c>: whether the flag has to be set; null when not given.</summary>
    public bool? Cwr { get; init; }

    /// <summary><c>--ecn-ip-ect</c>; null when not given.</summary>
    public Negatable<byte>? Ect { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Ece is { } ece)
        {
            writer.Flag("ecn-tcp-ece", !ece);
        }
        if (Cwr is { } cwr)
        {
            writer.Flag("ecn-tcp-cwr", !cwr);
        }
        if (Ect is { } ect)
        {
            writer.Option("ecn-ip-ect", ect.Value, ect.IsNegated);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ECN match");
        if (Ece is { } ece)
        {
            writer.Word(ece ? "ECE" : "!ECE");
        }
        if (Cwr is { } cwr)
        {
            writer.Word(cwr ? "CWR" : "!CWR");
        }
        if (Ect is { } ect)
        {
            writer.Word(ect.IsNegated ? "!ECT=" : "ECT=").Number(ect.Value);
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        (Ece is not null || Cwr is not null) && !check.Is(IpProtocols.Tcp) ? KernelErrno.Invalid : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        int bits = TosText.Read(context.Packet) & 3;
        if (Ect is { } ect && (bits == ect.Value) == ect.IsNegated)
        {
            return MatchResult.No(IpBits, (ulong)bits);
        }
        if (Ece is null && Cwr is null)
        {
            return MatchResult.Yes;
        }
        ReadOnlySpan<byte> tcp = context.Packet.Transport;
        if (tcp.Length < 20)
        {
            return MatchResult.No(Header);
        }
        bool hasEce = (tcp[13] & 0x40) != 0, hasCwr = (tcp[13] & 0x80) != 0;
        return Ece is { } ece && ece != hasEce ? MatchResult.No(EceFlag)
            : Cwr is { } cwr && cwr != hasCwr ? MatchResult.No(CwrFlag)
            : MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Header => "the TCP header is cut off",
        EceFlag => Ece == true ? "ECE is not set" : "ECE is set",
        CwrFlag => Cwr == true ? "CWR is not set" : "CWR is set",
        _ => result.Answer == MatchAnswer.Yes
            ? "the bits fit"
            : string.Create(CultureInfo.InvariantCulture, $"the IP header's bits are {result.Seen}"),
    };
}
