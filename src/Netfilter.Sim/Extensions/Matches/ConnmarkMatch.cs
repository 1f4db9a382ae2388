using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m connmark</c>: the connection's mark under a mask (<c>net/netfilter/xt_connmark.c connmark_mt</c>,
/// <c>struct xt_connmark_mtinfo1</c>).
/// </summary>
public sealed record ConnmarkMatch : Match
{
    private const byte MarkValue = 0, NoConnection = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "connmark",
        KernelBytes = 16,
        Summary = "Matches the mark of the packet's connection under a mask.",
        Source = "net/netfilter/xt_connmark.c, extensions/libxt_connmark.c",
        Revision = 1,
        Options =
        [
            new("mark", OptionKind.MarkMask)
            {
                Required = true, Invertible = true, ValueName = "value[/mask]", Help = "The mark, and the bits of it that count.",
            },
        ],
        Build = values =>
        {
            MaskedValue mark = values.Get<MaskedValue>("mark");
            return new ConnmarkMatch { Mark = mark.Value, Mask = mark.Mask, IsNegated = values.IsInverted("mark") };
        },
    };

    /// <summary>The mark wanted.</summary>
    public uint Mark { get; init; }

    /// <summary>The bits looked at.</summary>
    public uint Mask { get; init; } = uint.MaxValue;

    /// <summary><c>! --mark</c>.</summary>
    public bool IsNegated { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Flag("mark", IsNegated).Raw(' ').Mark(Mark, Mask);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("connmark match").Raw(IsNegated ? " ! " : "  ").Mark(Mark, Mask);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        uint mark = 0;
        if (context.Packet.Connection >= 0)
        {
            mark = context.Walk.Conntrack.Read(context.Packet.Connection).Mark;
        }
        else if (context.Packet.Template is null)
        {
            // What the CT target left for conntrack counts as a connection without a mark.
            return MatchResult.No(NoConnection);
        }
        return MatchResult.When(((mark & Mask) == Mark) != IsNegated, MarkValue, mark);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NoConnection
        ? "the packet has no connection"
        : Reason.Hex("connection mark", result, MarkText.Format(Mark, Mask), IsNegated);
}
