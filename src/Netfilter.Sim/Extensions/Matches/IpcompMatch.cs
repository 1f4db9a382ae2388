using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m ipcomp</c>: the index of an IP compression header (<c>net/netfilter/xt_ipcomp.c comp_mt</c>).</summary>
/// <param name="Spis">The indices; 0 when none were given.</param>
/// <param name="IsInverted">Whether all others are meant.</param>
/// <param name="Reserved"><c>--compres</c>: kept and printed, but the kernel never looks at it.</param>
public sealed record IpcompMatch(SpiRange Spis, bool IsInverted, bool Reserved) : Match
{
    private const int HeaderLength = 4;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "ipcomp",
        KernelBytes = 16,
        Summary = "Matches the compression parameter index of an IP compression header.",
        Source = "net/netfilter/xt_ipcomp.c, extensions/libxt_ipcomp.c",
        RequiredProtocol = 108,
        Options =
        [
            new("ipcompspi", OptionKind.UInt32Range)
            {
                Invertible = true, ValueName = "spi[:spi]", Help = "Compression parameter index or indices.",
            },
            new("compres") { Help = "Kept, but never looked at." },
        ],
        Build = values => new IpcompMatch(
            SpiRange.From(values.Get("ipcompspi", new OptionRange(0, 0, 1))),
            values.IsInverted("ipcompspi"),
            values.Has("compres")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            return MatchResult.No(1);
        }
        ReadOnlySpan<byte> header = packet.Transport;
        if (header.Length < HeaderLength)
        {
            return MatchResult.HotDrop(2);
        }
        uint index = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        return MatchResult.When(Spis.Contains(index) != IsInverted, 0, index);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        1 => "a later fragment has no compression header",
        2 => "the compression header is cut short",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"cpi {result.Seen} {(result.Answer == MatchAnswer.Yes ? "is" : "is not")} {(IsInverted ? "!" : "")}{Spis}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        Spis.Save(writer, "ipcompspi", IsInverted);
        if (Reserved)
        {
            writer.Flag("compres");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("comp ");
        Spis.List(writer, "spi", IsInverted);
        if (Reserved)
        {
            writer.Word("reserved");
        }
    }
}
