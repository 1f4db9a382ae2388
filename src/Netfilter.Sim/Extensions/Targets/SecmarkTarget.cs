using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j SECMARK</c>: gives a packet a security context (<c>net/netfilter/xt_SECMARK.c</c>). Needs a security module; the
/// modelled kernel runs none, so no rule with it can be loaded.
/// </summary>
/// <param name="Context">The security context.</param>
public sealed record SecmarkTarget(string Context) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "SECMARK",
        Summary = "Gives a packet a security context; refused without a security module.",
        Source = "net/netfilter/xt_SECMARK.c, extensions/libxt_SECMARK.c",
        NotModelled = "SECMARK needs a security module",
        Options =
        [
            new("selctx", OptionKind.Text) { Required = true, KeptBytes = 255, ValueName = "context", Help = "The context." },
        ],
        Build = values => new SecmarkTarget(values.Get<string>("selctx")),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override string? NotModelled => Extension.NotModelled;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Table.Name is "mangle" or "security" ? KernelErrno.NoEntry : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Unknown;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("selctx", Context);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("SECMARK selctx ").Raw(Context);
}
