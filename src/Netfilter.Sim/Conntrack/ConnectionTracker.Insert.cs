namespace Netfilter.Sim.Conntrack;

// Connections that no packet began.
internal sealed partial class ConnectionTracker
{
    /// <summary>Makes a connection as a user's command does (<c>ctnetlink_create_conntrack</c>).</summary>
    /// <param name="original">The tuple of the original direction.</param>
    /// <param name="reply">The tuple of the reply direction.</param>
    /// <param name="status">Bits besides that it is confirmed.</param>
    /// <param name="timeoutSeconds">How long it lasts.</param>
    /// <param name="now">The jiffy.</param>
    /// <returns>Its number; −1 when a tuple is taken or the table is full.</returns>
    public int Insert(in ConnectionTuple original, in ConnectionTuple reply, ConnectionStatus status, uint timeoutSeconds, uint now)
    {
        if (_table.Find(original, default, now) >= 0 || _table.Find(reply, default, now) >= 0
            || (Settings.Max > 0 && _table.Allocated >= Settings.Max))
        {
            return -1;
        }
        int id = _table.Allocate(original, reply, default);
        if (Settings.Accounting)
        {
            _table.WriteExtension(id).HasCounters = true;
        }
        ref ConnectionRecord record = ref _table.Write(id);
        record.Status |= status | ConnectionStatus.Confirmed;
        record.Timeout = unchecked(now + (timeoutSeconds * ConntrackSettings.Hz));
        _table.Insert(id);
        return id;
    }
}
