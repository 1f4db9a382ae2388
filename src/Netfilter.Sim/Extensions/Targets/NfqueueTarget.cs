using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j NFQUEUE</c>: hands a packet to a program in user space (<c>net/netfilter/xt_NFQUEUE.c nfqueue_tg_v3</c>). Nobody listens
/// here: the packet is dropped, or goes on with the next hook function with <c>--queue-bypass</c>.
/// </summary>
/// <param name="First">The first queue.</param>
/// <param name="Last">The last queue, when packets are spread over several.</param>
/// <param name="IsBypass">Whether packets pass when nobody listens.</param>
/// <param name="IsCpuFanout">Whether the processor chooses the queue.</param>
public sealed record NfqueueTarget(ushort First, ushort Last, bool IsBypass, bool IsCpuFanout) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "NFQUEUE",
        KernelBytes = 8,
        Summary = "Hands a packet to a program in user space; nobody listens.",
        Source = "net/netfilter/xt_NFQUEUE.c, extensions/libxt_NFQUEUE.c",
        Revision = 3,
        Options =
        [
            new("queue-num", OptionKind.UInt16) { Excludes = ["queue-balance"], ValueName = "n", Help = "The queue." },
            new("queue-balance", OptionKind.UInt16Range)
            {
                Excludes = ["queue-num"], ValueName = "first:last", Help = "The queues that packets are spread over.",
                Parse = ReadBalance, Sample = source => $"{source.Next(100)}:{100 + source.Next(100)}",
            },
            new("queue-bypass") { Help = "Packets pass when nobody listens." },
            new("queue-cpu-fanout") { AlsoRequires = ["queue-balance"], Help = "The processor chooses the queue." },
        ],
        Build = values =>
        {
            ulong number = values.Get("queue-num", 0UL);
            OptionRange queues = values.Get("queue-balance", new OptionRange(number, number, 1));
            return new NfqueueTarget(
                (ushort)queues.Low, (ushort)queues.High, values.Has("queue-bypass"), values.Has("queue-cpu-fanout"));
        },
        Sample = source => source.Next(2) == 0
            ? ["--queue-num", $"{source.Next(65536)}", "--queue-bypass"]
            : ["--queue-balance", $"{source.Next(9)}:{9 + source.Next(9)}", "--queue-cpu-fanout"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <summary>The number of queues is 16 bits wide, so that all 65,536 are none.</summary>
    public override KernelErrno Check(in RuleCheck check) =>
        First == 0 && Last == ushort.MaxValue ? KernelErrno.Invalid : KernelErrno.None;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => IsBypass ? TargetVerdict.QueueBypass : TargetVerdict.Queue;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--queue-", "--queue-");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer.Word("NFQUEUE"), "", "");

    private void Write(OptionWriter writer, string prefix, string flagPrefix)
    {
        writer.Word(prefix).Raw(First == Last
            ? string.Create(CultureInfo.InvariantCulture, $"num {First}")
            : string.Create(CultureInfo.InvariantCulture, $"balance {First}:{Last}"));
        if (IsBypass)
        {
            writer.Word(flagPrefix).Raw("bypass");
        }
        if (IsCpuFanout)
        {
            writer.Word(flagPrefix).Raw("cpu-fanout");
        }
    }

    private static object? ReadBalance(OptionCall call)
    {
        if (call.Argument.Length == 0 || call.Value is not OptionRange { Count: 2 } queues)
        {
            throw OptionCall.Error($"Bad range \"{call.Argument}\"");
        }
        return queues.Low < queues.High
            ? queues
            : throw OptionCall.Error(string.Create(
                CultureInfo.InvariantCulture, $"{queues.Low} should be less than {queues.High}"));
    }
}
