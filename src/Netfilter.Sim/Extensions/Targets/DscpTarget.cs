using System.Globalization;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j DSCP</c>: sets the upper six bits of the type of service (<c>net/netfilter/xt_DSCP.c dscp_tg, dscp_tg6</c>).</summary>
/// <param name="Value">The code point: 0 to 63.</param>
public sealed record DscpTarget(byte Value) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "DSCP",
        KernelBytes = 8,
        Summary = "Sets the differentiated services code point.",
        Source = "net/netfilter/xt_DSCP.c, extensions/libxt_DSCP.c",
        OnlyTable = "mangle",
        Options =
        [
            new("set-dscp", OptionKind.UInt8) { Max = 63, Excludes = ["set-dscp-class"], ValueName = "value", Help = "The code point." },
            new("set-dscp-class", OptionKind.Text)
            {
                Excludes = ["set-dscp"], ValueName = "class", Help = "The code point by name: BE, EF, CSx or AFxx.",
                Parse = call => DscpClass.Parse(call.Argument), Sample = _ => "EF",
            },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("DSCP target: Parameter --set-dscp is required");
            }
        },
        Build = values => new DscpTarget(
            values.Has("set-dscp") ? (byte)values.Get<ulong>("set-dscp") : values.Get<byte>("set-dscp-class")),
        Sample = source => ["--set-dscp", $"{source.Next(64)}"],
    };

    private string Text => "0x" + Value.ToString("x2", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("set-dscp", Text);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("DSCP set ").Raw(Text);

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        byte before = context.Packet.TypeOfService;
        if (before >> 2 != Value)
        {
            context.Packet.SetTypeOfService((byte)((before & 3) | (Value << 2)));
        }
        return TargetVerdict.Continue;
    }
}
