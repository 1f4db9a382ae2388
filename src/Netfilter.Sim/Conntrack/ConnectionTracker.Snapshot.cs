using System.Collections.Immutable;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

// Copies for those who only look.
internal sealed partial class ConnectionTracker
{
    /// <summary>All entries that <c>conntrack -L</c> would show, by number.</summary>
    public ImmutableArray<ConntrackEntry> SnapshotAll(long nowNanoseconds) =>
        [.. Listed(JiffiesOf(nowNanoseconds)).Select(id => Snapshot(id, nowNanoseconds))];

    /// <summary>A copy of one connection.</summary>
    public ConntrackEntry Snapshot(int id, long nowNanoseconds)
    {
        ref readonly ConnectionRecord record = ref _table.Read(id);
        bool isTcp = record.Protocol == IpProtocols.Tcp;
        ConntrackEntry entry = new()
        {
            Id = id,
            Original = Original(id),
            Reply = Reply(id),
            Status = record.Status,
            TimeoutSeconds = RemainingSeconds(id, JiffiesOf(nowNanoseconds)),
            Mark = record.Mark,
            Zone = record.Zone,
            TcpState = isTcp ? (TcpState)record.State : null,
            SctpState = record.Protocol == IpProtocols.Sctp ? (SctpState)record.State : null,
            TcpEndpoints = isTcp ? (InfoOf(record.Tcp.Original), InfoOf(record.Tcp.Reply)) : null,
        };
        return record.Extension < 0 ? entry : WithExtension(entry, _table.ReadExtension(id), record.Status, nowNanoseconds);
    }

    private ConntrackEntry WithExtension(
        ConntrackEntry entry, in ConnectionExtension extension, ConnectionStatus status, long now)
    {
        return entry with
        {
            Counters = extension.HasCounters
                ? new ConnectionCounters(
                    extension.OriginalPackets, extension.OriginalBytes, extension.ReplyPackets, extension.ReplyBytes)
                : null,
            Labels = BitsOf(extension.Labels),
            Helper = extension.Helper?.Name,
            Master = extension.Master >= 0 ? Original(extension.Master) : null,
            SequenceShifts = (status & ConnectionStatus.SequenceAdjust) != 0
                ? (ShiftOf(extension.OriginalAdjustment), ShiftOf(extension.ReplyAdjustment)) : null,
            Start = extension.HasTimestamp ? DateTimeOffset.UnixEpoch.AddTicks(extension.StartNanoseconds / 100) : null,
            AgeSeconds = extension.HasTimestamp ? (now - extension.StartNanoseconds) / 1_000_000_000 : null,
            UseCount = 1 + extension.Dependents,
        };
    }

    private static TcpEndpointInfo InfoOf(in TcpEndpoint endpoint) => new(endpoint.Scale, (byte)endpoint.Flags);

    private static SequenceShift ShiftOf(in SequenceAdjustment adjustment) =>
        new(adjustment.CorrectionPosition, adjustment.OffsetBefore, adjustment.OffsetAfter);

    private static ImmutableArray<int> BitsOf(UInt128 labels)
    {
        if (labels == 0)
        {
            return [];
        }
        ImmutableArray<int>.Builder builder = ImmutableArray.CreateBuilder<int>();
        for (int bit = 0; bit < 128; bit++)
        {
            if (((labels >> bit) & 1) != 0)
            {
                builder.Add(bit);
            }
        }
        return builder.ToImmutable();
    }
}
