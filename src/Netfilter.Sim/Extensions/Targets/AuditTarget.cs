using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j AUDIT</c>: writes an audit record (<c>net/netfilter/xt_AUDIT.c audit_tg</c>).</summary>
/// <param name="Type">What the record says of the packet: <c>accept</c>, <c>drop</c> or <c>reject</c>.</param>
public sealed record AuditTarget(string Type) : ExtensionTarget
{
    private static readonly string[] Types = ["accept", "drop", "reject"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "AUDIT",
        KernelBytes = 8,
        Summary = "Writes an audit record and goes on.",
        Source = "net/netfilter/xt_AUDIT.c, extensions/libxt_AUDIT.c",
        Options =
        [
            new("type", OptionKind.Text)
            {
                Required = true, ValueName = "accept|drop|reject", Help = "What the record says.",
                Parse = call => Types.FirstOrDefault(type => type.Equals(call.Argument, StringComparison.OrdinalIgnoreCase))
                    ?? throw OptionCall.Error($"Bad action type value \"{call.Argument}\""),
                Sample = source => Types[source.Next(3)],
            },
        ],
        Build = values => new AuditTarget(values.Get<string>("type")),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Continue;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("type", Type);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("AUDIT ").Raw(Type);
}
