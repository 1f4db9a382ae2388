using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m esp</c>: the security parameter index of ESP (<c>net/netfilter/xt_esp.c esp_mt</c>).</summary>
/// <param name="Spis">The indices.</param>
/// <param name="IsInverted">Whether all others are meant.</param>
public sealed record EspMatch(SpiRange Spis, bool IsInverted) : Match
{
    private const int HeaderLength = 8;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "esp",
        KernelBytes = 16,
        Summary = "Matches the security parameter index of an ESP header.",
        Source = "net/netfilter/xt_esp.c, extensions/libxt_esp.c",
        RequiredProtocol = 50,
        Options =
        [
            new("espspi", OptionKind.UInt32Range)
            {
                Invertible = true, ValueName = "spi[:spi]", Help = "Security parameter index or indices.",
            },
        ],
        Build = values => new EspMatch(
            SpiRange.From(values.Get("espspi", new OptionRange(0, uint.MaxValue, 2))), values.IsInverted("espspi")),
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
        uint spi = BinaryPrimitives.ReadUInt32BigEndian(header);
        return MatchResult.When(Spis.Contains(spi) != IsInverted, 0, spi);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        1 => "a later fragment has no ESP header",
        2 => "the ESP header is cut short",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"spi {result.Seen} {(result.Answer == MatchAnswer.Yes ? "is" : "is not")} {(IsInverted ? "!" : "")}{Spis}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Spis.Save(writer, "espspi", IsInverted);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("esp").Raw(Spis.IsAll && !IsInverted ? "" : " ");
        Spis.List(writer, "spi", IsInverted);
    }
}
