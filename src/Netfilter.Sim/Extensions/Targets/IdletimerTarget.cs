using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j IDLETIMER</c>: starts a named timer anew, whose end user space can see (<c>net/netfilter/xt_IDLETIMER.c</c>). Packets are
/// not touched.
/// </summary>
/// <param name="TimeoutSeconds">Seconds until the timer ends.</param>
/// <param name="Label">Name of the timer, as a file in sysfs.</param>
/// <param name="IsAlarm">Whether the timer wakes a sleeping machine.</param>
public sealed record IdletimerTarget(uint TimeoutSeconds, string Label, bool IsAlarm) : ExtensionTarget
{
    private const uint LeastTooLong = int.MaxValue / 1000;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "IDLETIMER",
        KernelBytes = 48,
        Summary = "Starts a named timer anew.",
        Source = "net/netfilter/xt_IDLETIMER.c, extensions/libxt_IDLETIMER.c",
        Revision = 1,
        Options =
        [
            new("timeout", OptionKind.UInt32)
            {
                Required = true, ValueName = "seconds", Help = "Seconds until the timer ends.",
                Sample = source => $"{source.Next(1000) + 1}",
            },
            new("label", OptionKind.Text)
            {
                Required = true, KeptBytes = 27, ValueName = "name", Help = "Name of the timer.",
                Sample = source => $"timer{source.Next(100)}",
            },
            new("alarm") { Help = "The timer wakes a sleeping machine." },
        ],
        Build = values => new IdletimerTarget(
            (uint)values.Get<ulong>("timeout"), values.Get<string>("label"), values.Has("alarm")),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <summary>Besides the numbers, the label has to do as a new file beside those that the device has anyway.</summary>
    public override KernelErrno Check(in RuleCheck check)
    {
        bool isFile = Label.Length > 0 && !Label.Contains('/', StringComparison.Ordinal)
            && Label is not ("power" or "subsystem" or "uevent");
        return TimeoutSeconds is > 0 and < LeastTooLong && isFile ? KernelErrno.None : KernelErrno.Invalid;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Continue;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option("timeout", TimeoutSeconds).Option("label", Label);
        if (IsAlarm)
        {
            writer.Flag("alarm");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("timeout:").Number(TimeoutSeconds).Word("label:").Raw(Label);
        if (IsAlarm)
        {
            writer.Word("alarm");
        }
    }
}
