using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j CONNSECMARK</c>: copies security marks between packet and connection (<c>net/netfilter/xt_CONNSECMARK.c</c>). Without a
/// security module no packet has one, so nothing changes.
/// </summary>
/// <param name="IsRestore">Whether the packet takes the connection's mark; otherwise the connection takes the packet's.</param>
public sealed record ConnsecmarkTarget(bool IsRestore) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CONNSECMARK",
        KernelBytes = 8,
        Summary = "Copies security marks between packet and connection.",
        Source = "net/netfilter/xt_CONNSECMARK.c, extensions/libxt_CONNSECMARK.c",
        Options =
        [
            new("save") { Excludes = ["restore"], Help = "The connection takes the packet's mark." },
            new("restore") { Excludes = ["save"], Help = "The packet takes the connection's mark." },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("CONNSECMARK target: parameter required");
            }
        },
        Build = values => new ConnsecmarkTarget(values.Has("restore")),
        Sample = source => [source.Next(2) == 0 ? "--save" : "--restore"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Table.Name is "mangle" or "security" ? KernelErrno.None : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Continue;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Flag(IsRestore ? "restore" : "save");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("CONNSECMARK ").Raw(IsRestore ? "restore" : "save");
}
