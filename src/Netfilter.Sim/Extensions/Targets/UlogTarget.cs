using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j ULOG</c>: logged to user space before NFLOG did (<c>net/ipv4/netfilter/ipt_ULOG.c</c>, gone since Linux 3.17). The tool reads
/// it and the kernel refuses the rule.
/// </summary>
/// <param name="Group">The group, from 1.</param>
/// <param name="Prefix">The prefix.</param>
/// <param name="CopiedBytes">How much of the packet is logged; 0 for all.</param>
/// <param name="Threshold">How many packets wait for each other.</param>
public sealed record UlogTarget(byte Group, string Prefix, ulong CopiedBytes, byte Threshold) : ExtensionTarget
{
    private const int MaxPrefix = 31;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "ULOG",
        Summary = "Logged to user space before NFLOG did; not in the recorded kernel.",
        Source = "net/ipv4/netfilter/ipt_ULOG.c, extensions/libipt_ULOG.c",
        NotModelled = "ULOG is not in the recorded kernel",
        OnlyFamily = IpFamily.IPv4,
        InKernel = false,
        Options =
        [
            new("ulog-nlgroup", OptionKind.UInt8) { Min = 1, Max = 32, ValueName = "group", Help = "The group." },
            new("ulog-prefix", OptionKind.Text) { KeptBytes = MaxPrefix, ValueName = "prefix", Help = "The prefix.", Parse = ReadPrefix },
            new("ulog-cprange", OptionKind.UInt64) { ValueName = "bytes", Help = "How much of the packet is logged." },
            new("ulog-qthreshold", OptionKind.UInt64) { Min = 1, Max = 50, ValueName = "packets", Help = "How many wait for each other." },
        ],
        Build = values => new UlogTarget(
            (byte)values.Get("ulog-nlgroup", 1UL),
            values.Get("ulog-prefix", ""),
            values.Get("ulog-cprange", 0UL),
            (byte)values.Get("ulog-qthreshold", 1UL)),
        Sample = source => ["--ulog-nlgroup", $"{1 + source.Next(32)}", "--ulog-prefix", "a b"],
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
        if (Prefix.Length > 0)
        {
            writer.QuotedOption("ulog-prefix", Prefix);
        }
        if (Group != 1)
        {
            writer.Option("ulog-nlgroup", Group);
        }
        if (CopiedBytes != 0)
        {
            writer.Option("ulog-cprange", CopiedBytes);
        }
        if (Threshold != 1)
        {
            writer.Option("ulog-qthreshold", Threshold);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ULOG copy_range ").Number(CopiedBytes).Word("nlgroup ").Number(Group);
        if (Prefix.Length > 0)
        {
            writer.Word("prefix \"").Raw(Prefix).Raw('"');
        }
        writer.Word("queue_threshold ").Number(Threshold);
    }

    private static object? ReadPrefix(OptionCall call) => call.Argument.Contains('\n', StringComparison.Ordinal)
        ? throw OptionCall.Error("Newlines not allowed in --ulog-prefix")
        : call.Value;
}
