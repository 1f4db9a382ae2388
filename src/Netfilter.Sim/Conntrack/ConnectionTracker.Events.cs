using System.Runtime.CompilerServices;

namespace Netfilter.Sim.Conntrack;

// What listeners are told (nf_conntrack_ecache.c).
internal sealed partial class ConnectionTracker
{
    /// <summary>Who wants to be told of changes; null for nobody.</summary>
    public IConntrackListener? Listener { get; set; }

    /// <summary>Remembers that something changed, until the packet leaves (<c>nf_conntrack_event_cache</c>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(ref ConnectionRecord record, ConntrackEvents events)
    {
        if (Listener is not null)
        {
            record.PendingEvents |= events;
        }
    }

    /// <summary>Tells listeners what is remembered of a connection (<c>nf_ct_deliver_cached_events</c>).</summary>
    public void Deliver(int id)
    {
        if (Listener is null || _table.Read(id).PendingEvents == ConntrackEvents.None)
        {
            return;
        }
        ref ConnectionRecord record = ref _table.Write(id);
        ConntrackEvents events = record.PendingEvents & EventMaskOf(id);
        record.PendingEvents = ConntrackEvents.None;
        if (events != ConntrackEvents.None && record.IsConfirmed && !record.Has(ConnectionStatus.Dying))
        {
            Listener.OnConnection(events, id, this);
        }
    }

    private ConntrackEvents EventMaskOf(int id) =>
        _table.HasExtension(id) && _table.ReadExtension(id).HasEventMasks ? _table.ReadExtension(id).EventMask
            : Settings.Events != 0 ? ConntrackEvents.All : ConntrackEvents.None;

    private void TellExpectation(bool isNew, Expectation expectation)
    {
        if (Listener is null)
        {
            return;
        }
        ref readonly ConnectionExtension master = ref _table.ReadExtension(expectation.Master);
        ConntrackEvents kind = isNew ? ConntrackEvents.New : ConntrackEvents.Related;
        if (master.HasEventMasks ? (master.ExpectEventMask & kind) != 0 : Settings.Events != 0)
        {
            Listener.OnExpectation(isNew, expectation, this);
        }
    }

    private void NoteBeginning(int id)
    {
        if (Listener is null)
        {
            return;
        }
        ref ConnectionRecord record = ref _table.Write(id);
        bool hasExtension = record.Extension >= 0;
        if (hasExtension && _table.ReadExtension(id).Helper is not null)
        {
            record.PendingEvents |= ConntrackEvents.Helper;
        }
        record.PendingEvents |= hasExtension && _table.ReadExtension(id).Master >= 0
            ? ConntrackEvents.Related : ConntrackEvents.New;
    }

    private void TellDestroyed(int id)
    {
        if (Listener is not null && (EventMaskOf(id) & ConntrackEvents.Destroy) != 0)
        {
            Listener.OnConnection(ConntrackEvents.Destroy, id, this);
        }
    }
}
