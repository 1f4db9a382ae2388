using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j NFLOG</c>: shows a packet to programs in user space (<c>net/netfilter/xt_NFLOG.c nflog_tg</c>).</summary>
/// <param name="Group">The group that listens.</param>
/// <param name="Prefix">Text that comes with the packet.</param>
/// <param name="Size">Bytes of the packet to copy; null for all.</param>
/// <param name="IsRange">Whether the size was given by the option that never worked.</param>
/// <param name="Threshold">Packets to collect before they are handed over; 0 for the default.</param>
public sealed record NflogTarget(ushort Group, string Prefix, uint? Size, bool IsRange, ushort Threshold) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "NFLOG",
        KernelBytes = 80,
        Summary = "Shows a packet to programs in user space and goes on.",
        Source = "net/netfilter/xt_NFLOG.c, extensions/libxt_NFLOG.c",
        Options =
        [
            new("nflog-group", OptionKind.UInt16) { ValueName = "n", Help = "The group that listens." },
            new("nflog-prefix", OptionKind.Text)
            {
                MinBytes = 1, KeptBytes = 63, ValueName = "text", Help = "Text that comes with the packet.",
                Parse = call => call.Argument.Contains('\n', StringComparison.Ordinal)
                    ? throw OptionCall.Error("Newlines not allowed in --log-prefix")
                    : call.Value,
            },
            new("nflog-range", OptionKind.UInt32)
            {
                ValueName = "bytes", Help = "Never worked; --nflog-size does.",
            },
            new("nflog-size", OptionKind.UInt32) { ValueName = "bytes", Help = "Bytes of the packet to copy." },
            new("nflog-threshold", OptionKind.UInt16) { ValueName = "n", Help = "Packets to collect first." },
        ],
        FinalCheck = values =>
        {
            if (values.Has("nflog-range"))
            {
                values.Warn("warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n");
            }
        },
        Build = Build,
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.Walk.Sink.OnNflog(Group, Prefix, context.Hook, context.Packet);
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer, "");

    private void Write(OptionWriter writer, string dashes)
    {
        if (Prefix.Length > 0)
        {
            writer.Word(dashes).Raw("nflog-prefix ").Quoted(Prefix);
        }
        if (Group != 0)
        {
            writer.Word(dashes).Raw("nflog-group ").Number(Group);
        }
        if (Size is { } size)
        {
            writer.Word(dashes).Raw(IsRange ? "nflog-range " : "nflog-size ").Number(size);
        }
        if (Threshold != 0)
        {
            writer.Word(dashes).Raw("nflog-threshold ").Number(Threshold);
        }
    }

    // One field holds both sizes, and a range of 0 is as none.
    private static NflogTarget Build(OptionValues values)
    {
        bool hasSize = values.Has("nflog-size");
        uint range = (uint)values.Get("nflog-range", 0UL);
        uint? size = hasSize || range != 0 ? (uint)values.LastOf<ulong>(hasSize ? "nflog-size" : "nflog-range", 0) : null;
        return new NflogTarget(
            (ushort)values.Get("nflog-group", 0UL), values.Get("nflog-prefix", ""), size, !hasSize,
            (ushort)values.Get("nflog-threshold", 0UL));
    }
}
