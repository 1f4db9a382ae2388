using Netfilter.Sim.Conntrack.Helpers;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

// What only some connections have: counters, labels, timeout policies, shifted sequence numbers, SYNPROXY's memory.
internal sealed partial class ConnectionTracker
{
    /// <summary>Gives a connection that begins what its template and the namespace ask for.</summary>
    private void Equip(int id, in ConnectionTuple tuple, ConntrackZone zone, in TrackContext context)
    {
        ConntrackTemplate? template = context.Template;
        bool isExpected = _expectations.Count > 0 && TakeExpectation(id, tuple, zone, context);
        bool asksForMore = template is not null && (template.SynProxy || template.Helper is not null
            || template.Timeouts is not null || template.Events is not null || template.ExpectEvents is not null);
        if (!Settings.Accounting && !Settings.Timestamps && !KeepsLabels && !isExpected && !asksForMore)
        {
            return;
        }
        ref ConnectionExtension extension = ref _table.WriteExtension(id);
        extension.HasCounters = Settings.Accounting;
        extension.HasLabels = KeepsLabels;
        extension.HasTimestamp = Settings.Timestamps;
        if (template is null)
        {
            return;
        }
        extension.Timeouts = template.Timeouts;
        extension.HasEventMasks = template.Events is not null || template.ExpectEvents is not null;
        extension.EventMask = template.Events ?? ConntrackEvents.None;
        extension.ExpectEventMask = template.ExpectEvents ?? ConntrackEvents.None;
        if (template.SynProxy)
        {
            extension.SynProxy = new SynProxyMemory(0, 0, 0);
            extension.HasSequenceAdjust = true;
        }
        if (!isExpected && template.Helper is not null)
        {
            extension.Helper = template.Helper;
            _table.Write(id).Status |= ConnectionStatus.Helper;
        }
    }

    /// <summary>Number of the connection that expected one, or −1; −1 also for no connection.</summary>
    public int MasterOf(int id) => id >= 0 && _table.HasExtension(id) ? _table.ReadExtension(id).Master : -1;

    /// <summary>The helper that reads a connection's packets, or null.</summary>
    public ConnectionHelper? HelperOf(int id) => _table.HasExtension(id) ? _table.ReadExtension(id).Helper : null;

    /// <summary>Packets and bytes of a connection; null when they are not counted.</summary>
    public ConnectionCounters? CountersOf(int id)
    {
        if (!_table.HasExtension(id))
        {
            return null;
        }
        ref readonly ConnectionExtension extension = ref _table.ReadExtension(id);
        return extension.HasCounters
            ? new ConnectionCounters(
                extension.OriginalPackets, extension.OriginalBytes, extension.ReplyPackets, extension.ReplyBytes)
            : null;
    }

    /// <summary>The labels of a connection, a bit each; null when it began without any (<c>nf_ct_labels_find</c>).</summary>
    public UInt128? LabelsOf(int id) => _table.HasExtension(id) && _table.ReadExtension(id).HasLabels
        ? _table.ReadExtension(id).Labels : null;

    /// <summary>Sets a label of a connection (<c>nf_connlabel_set</c>).</summary>
    /// <returns>False when it began without labels.</returns>
    public bool SetLabel(int id, int bit)
    {
        if (LabelsOf(id) is not { } labels)
        {
            return false;
        }
        UInt128 changed = labels | (UInt128.One << bit);
        if (changed != labels)
        {
            _table.WriteExtension(id).Labels = changed;
            Note(ref _table.Write(id), ConntrackEvents.Label);
        }
        return true;
    }

    /// <summary>Counts a packet and its bytes, if the connection has counters (<c>nf_ct_acct_update</c>).</summary>
    private void CountPacket(int id, PacketBuffer packet)
    {
        if (!_table.ReadExtension(id).HasCounters)
        {
            return;
        }
        ref ConnectionExtension extension = ref _table.WriteExtension(id);
        if (packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original)
        {
            extension.OriginalPackets++;
            extension.OriginalBytes += packet.Length;
        }
        else
        {
            extension.ReplyPackets++;
            extension.ReplyBytes += packet.Length;
        }
    }

    /// <summary>By how much a sequence number of a direction is shifted (<c>nf_ct_seq_offset</c>).</summary>
    public int SequenceOffset(int id, ConnectionDirection direction, uint sequence)
    {
        if (!_table.HasExtension(id) || !_table.ReadExtension(id).HasSequenceAdjust)
        {
            return 0;
        }
        ref readonly ConnectionExtension extension = ref _table.ReadExtension(id);
        ref readonly SequenceAdjustment adjustment =
            ref direction == ConnectionDirection.Original ? ref extension.OriginalAdjustment : ref extension.ReplyAdjustment;
        return SequenceAdjuster.OffsetAt(adjustment, sequence);
    }

    /// <summary>What SYNPROXY remembers of a connection; null when it has no part.</summary>
    public SynProxyMemory? SynProxyOf(int id) => id >= 0 && _table.HasExtension(id) ? _table.ReadExtension(id).SynProxy : null;

    /// <summary>Lets SYNPROXY remember something else.</summary>
    public void Remember(int id, SynProxyMemory memory)
    {
        _table.WriteExtension(id).SynProxy = memory;
        Note(ref _table.Write(id), ConntrackEvents.SynProxy);
    }

    /// <summary>
    /// Whether a segment that does not fit is a client's keep-alive while SYNPROXY still waits for the server.
    /// </summary>
    public bool IsSynProxyKeepAlive(int id, ConnectionDirection direction, in TcpSegment segment)
    {
        ref readonly ConnectionRecord record = ref _table.Read(id);
        return _table.HasExtension(id) && _table.ReadExtension(id).SynProxy is not null
            && record.State == (byte)TcpState.SynSent && segment.Index == TcpFlagSet.Ack
            && direction == ConnectionDirection.Original && record.Tcp.LastDirection == ConnectionDirection.Original
            && unchecked(record.Tcp.Original.End - 1) == segment.Sequence;
    }
}
