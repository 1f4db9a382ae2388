using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m tcpmss</c>: the maximum segment size that a TCP header announces (<c>net/netfilter/xt_tcpmss.c tcpmss_mt</c>).</summary>
/// <param name="Sizes">The sizes in bytes.</param>
/// <param name="IsInverted">Whether all others, and headers without the option, are meant.</param>
public sealed record TcpmssMatch(PortRange Sizes, bool IsInverted) : Match
{
    private const byte MaximumSegmentSize = 2;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "tcpmss",
        KernelBytes = 8,
        Summary = "Matches the maximum segment size option of a TCP header.",
        Source = "net/netfilter/xt_tcpmss.c, extensions/libxt_tcpmss.c",
        RequiredProtocol = 6,
        Options =
        [
            new("mss", OptionKind.UInt16Range)
            {
                Required = true, Invertible = true, ValueName = "size[:size]", Help = "Size or sizes in bytes.",
                Parse = call => call.Value is OptionRange range && range.Low > range.High
                    ? throw OptionCall.Error("tcpmss: invalid range given")
                    : call.Value,
            },
        ],
        Build = values =>
        {
            OptionRange range = values.Get<OptionRange>("mss");
            return new TcpmssMatch(new PortRange((ushort)range.Low, (ushort)range.High), values.IsInverted("mss"));
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> header = context.Packet.Transport;
        if (header.Length < 20)
        {
            return MatchResult.HotDrop(2);
        }
        int length = (header[12] >> 4) * 4;
        if (length < 20 || length > header.Length)
        {
            return MatchResult.HotDrop(2);
        }
        ReadOnlySpan<byte> options = header[20..length];
        for (int i = 0; i < options.Length;)
        {
            if (options[i] == MaximumSegmentSize && options.Length - i >= 4 && options[i + 1] == 4)
            {
                ushort size = (ushort)((options[i + 2] << 8) | options[i + 3]);
                return MatchResult.When(Sizes.Contains(size) != IsInverted, 0, size);
            }
            bool isSingleByte = options[i] < 2 || i + 1 >= options.Length || options[i + 1] == 0;
            i += isSingleByte ? 1 : options[i + 1];
        }
        return MatchResult.When(IsInverted, 1);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        1 => "there is no segment size option",
        2 => "the TCP header is cut short",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"mss {result.Seen} {(result.Answer == MatchAnswer.Yes ? "is" : "is not")} {(IsInverted ? "!" : "")}{Sizes}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("mss", Sizes.ToString(), IsInverted);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("tcpmss match ").Raw(IsInverted ? "!" : "").Raw(Sizes.ToString());
}
