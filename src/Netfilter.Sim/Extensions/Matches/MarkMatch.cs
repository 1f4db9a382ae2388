using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m mark</c>: the packet's mark under a mask (<c>net/netfilter/xt_mark.c mark_mt</c>, <c>struct xt_mark_mtinfo1</c>).</summary>
public sealed record MarkMatch : Match
{
    /// <summary>The mark wanted.</summary>
    public uint Mark { get; init; }

    /// <summary>The bits looked at.</summary>
    public uint Mask { get; init; } = uint.MaxValue;

    /// <summary><c>! --mark</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "mark",
        KernelBytes = 16,
        Summary = "Matches the packet's mark under a mask.",
        Source = "net/netfilter/xt_mark.c, extensions/libxt_mark.c",
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
            return new MarkMatch { Mark = mark.Value, Mask = mark.Mask, IsNegated = values.IsInverted("mark") };
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Flag("mark", IsNegated).Raw(' ').Mark(Mark, Mask);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("mark match ").Raw(IsNegated ? "! " : "").Mark(Mark, Mask);

    internal override InlineTest Inline => new(InlineKind.Mark, Mark, Mask, IsNegated);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        uint mark = context.Packet.Mark;
        return MatchResult.When(((mark & Mask) == Mark) != IsNegated, 0, mark);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Hex("mark", result, MarkText.Format(Mark, Mask), IsNegated);
}
