using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j LED</c>: lights a lamp (<c>net/netfilter/xt_LED.c</c>). The recorded kernel does not have it: the tool reads it and the
/// kernel refuses the rule.
/// </summary>
/// <param name="Trigger">The lamp's trigger.</param>
/// <param name="DelayMilliseconds">How long the lamp is lit; null for ever.</param>
/// <param name="BlinksAlways">Whether it blinks when it is lit already.</param>
public sealed record LedTarget(string Trigger, uint? DelayMilliseconds, bool BlinksAlways) : ExtensionTarget
{
    private const int MaxTrigger = 16;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "LED",
        Summary = "Lights a lamp; not in the recorded kernel.",
        Source = "net/netfilter/xt_LED.c, extensions/libxt_LED.c",
        NotModelled = "LED is not in the recorded kernel",
        InKernel = false,
        Options =
        [
            new("led-trigger-id", OptionKind.Text) { Required = true, MaxBytes = MaxTrigger, ValueName = "name", Help = "The lamp's trigger." },
            new("led-delay", OptionKind.Text) { ValueName = "ms", Help = "How long the lamp is lit, or inf.", Parse = ReadDelay },
            new("led-always-blink") { Help = "Blink when the lamp is lit already." },
        ],
        Build = values => new LedTarget(
            values.Get<string>("led-trigger-id"), values.Get<uint?>("led-delay", 0), values.Has("led-always-blink")),
        Sample = source => ["--led-trigger-id", "foo", "--led-delay", $"{source.Next(1000)}"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override string? NotModelled => Extension.NotModelled;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Unknown;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.QuotedOption("led-trigger-id", Trigger);
        if (DelayMilliseconds != 0)
        {
            writer.Option("led-delay", DelayText);
        }
        if (BlinksAlways)
        {
            writer.Flag("led-always-blink");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer
        .Word("led-trigger-id:\"").Raw(Trigger).Raw("\" led-delay:").Raw(DelayText).Raw(BlinksAlways ? " led-always-blink" : "");

    private string DelayText => DelayMilliseconds?.ToString(CultureInfo.InvariantCulture) ?? "inf";

    private static object? ReadDelay(OptionCall call)
    {
        if (call.Argument.Equals("inf", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        return CNumber.TryRead(call.Argument, out ulong delay, 0, uint.MaxValue)
            ? (uint)delay
            : throw OptionCall.Error("Delay value must be within range 0..4294967295");
    }
}
