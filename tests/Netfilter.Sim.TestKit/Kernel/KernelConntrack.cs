using System.Text;
using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Connections of a namespace in the form in which the kernel's were recorded.</summary>
internal static class KernelConntrack
{
    /// <summary>A connection.</summary>
    public static KernelConnection Describe(ConntrackEntry entry) => new(ConnectionText.Line(entry))
    {
        Status = ConnectionText.NamesOf(entry.Status),
        Timeout = entry.TimeoutSeconds,
        Wscale = entry.TcpEndpoints is { } scales ? [scales.Original.WindowScale, scales.Reply.WindowScale] : null,
        Tcpflags = entry.TcpEndpoints is { } flags ? [flags.Original.Flags, flags.Reply.Flags] : null,
        OrigPackets = (ulong?)entry.Counters?.OriginalPackets,
        OrigBytes = (ulong?)entry.Counters?.OriginalBytes,
        ReplyPackets = (ulong?)entry.Counters?.ReplyPackets,
        ReplyBytes = (ulong?)entry.Counters?.ReplyBytes,
        Labels = entry.Labels.IsEmpty ? null : entry.Labels,
        Master = entry.Master is { } master ? Tuple(master) : null,
        Seqadj = entry.SequenceShifts is not { } shifts ? null : new Dictionary<string, IReadOnlyList<long>>
        {
            ["orig"] = Numbers(shifts.Original),
            ["reply"] = Numbers(shifts.Reply),
        },
    };

    private static List<long> Numbers(SequenceShift shift) => [shift.Position, shift.Before, shift.After];

    private static string Tuple(in ConnectionTuple tuple)
    {
        StringBuilder text = new();
        ConnectionText.AppendTuple(text, tuple);
        return text.ToString();
    }
}
