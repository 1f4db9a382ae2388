using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m dscp</c>: the upper six bits of the type of service (<c>net/netfilter/xt_dscp.c dscp_mt, dscp_mt6</c>).</summary>
/// <param name="Value">The code point: 0 to 63.</param>
/// <param name="IsNegated"><c>! --dscp</c>.</param>
public sealed record DscpMatch(byte Value, bool IsNegated = false) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "dscp",
        KernelBytes = 8,
        Summary = "Matches the differentiated services code point.",
        Source = "net/netfilter/xt_dscp.c, extensions/libxt_dscp.c",
        Options =
        [
            new("dscp", OptionKind.UInt8)
            {
                Max = 63, Invertible = true, Excludes = ["dscp-class"], ValueName = "value", Help = "The code point.",
            },
            new("dscp-class", OptionKind.Text)
            {
                Invertible = true, Excludes = ["dscp"], ValueName = "class", Help = "The code point by name: BE, EF, CSx or AFxx.",
                Parse = call => DscpClass.Parse(call.Argument), Sample = _ => "EF",
            },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("DSCP match: Parameter --dscp is required");
            }
        },
        Build = values => values.Has("dscp")
            ? new DscpMatch((byte)values.Get<ulong>("dscp"), values.IsInverted("dscp"))
            : new DscpMatch(values.Get<byte>("dscp-class"), values.IsInverted("dscp-class")),
        Sample = source => ["--dscp", $"{source.Next(64)}"],
    };

    private string Text => "0x" + Value.ToString("x2", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("dscp", Text, IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("DSCP match ").Raw(IsNegated ? "!" : "").Raw(Text);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        int value = TosText.Read(context.Packet) >> 2;
        return MatchResult.When((value == Value) != IsNegated, 0, (ulong)value);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Hex("dscp", result, Text, IsNegated);
}
