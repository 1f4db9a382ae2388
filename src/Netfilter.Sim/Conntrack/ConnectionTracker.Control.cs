using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

// What user space may do to connections (nf_conntrack_netlink.c).
internal sealed partial class ConnectionTracker
{
    // What an update by hand tells listeners, whatever it changed.
    private const ConntrackEvents Everything = ConntrackEvents.Reply | ConntrackEvents.Assured | ConntrackEvents.ProtocolInfo
        | ConntrackEvents.Helper | ConntrackEvents.Mark | ConntrackEvents.SequenceAdjust | ConntrackEvents.Label
        | ConntrackEvents.SynProxy;

    /// <summary>Puts a connection into the table (<c>ctnetlink_create_conntrack</c>).</summary>
    /// <returns>Its number; −1 when one of its tuples is taken.</returns>
    public int Create(NewConnection connection, WalkContext walk, uint now)
    {
        int id = _table.Allocate(connection.Original, connection.Reply, default);
        if (Settings.Accounting || KeepsLabels || Settings.Timestamps)
        {
            ref ConnectionExtension extension = ref _table.WriteExtension(id);
            (extension.HasCounters, extension.HasLabels) = (Settings.Accounting, KeepsLabels);
            (extension.HasTimestamp, extension.StartNanoseconds) = (Settings.Timestamps, walk.Host.NowNanoseconds);
        }
        if (connection.DestinationNat is not null || connection.SourceNat is not null)
        {
            Bind(id, connection.DestinationNat, NatManip.Destination, walk);
            Bind(id, connection.SourceNat, NatManip.Source, walk);
        }
        ref ConnectionRecord record = ref _table.Write(id);
        record.Timeout = unchecked(now + (connection.TimeoutSeconds * ConntrackSettings.Hz));
        record.Mark = connection.Mark;
        record.State = (byte)(connection.State ?? TcpState.None);
        record.Status |= connection.Status;
        if (record.Protocol == IpProtocols.Tcp)
        {
            BeLiberal(id, connection.State);
        }
        if (_table.Find(Original(id), default, now) >= 0 || _table.Find(Reply(id), default, now) >= 0)
        {
            Release(id);
            return -1;
        }
        record.Status |= ConnectionStatus.Confirmed;
        _table.Insert(id);
        Tell(ConntrackEvents.New | Everything, id);
        return id;
    }

    /// <summary>Changes a connection (<c>ctnetlink_change_conntrack</c>).</summary>
    /// <param name="id">The connection.</param>
    /// <param name="mark">Its mark from now on.</param>
    /// <param name="status">Bits to set.</param>
    /// <param name="state">The state of a TCP connection; null leaves it.</param>
    /// <param name="timeoutSeconds">Seconds left; null leaves them.</param>
    /// <param name="now">The time in jiffies.</param>
    public void Change(int id, uint mark, ConnectionStatus status, TcpState? state, uint? timeoutSeconds, uint now)
    {
        ref ConnectionRecord record = ref _table.Write(id);
        if (timeoutSeconds is { } seconds && !record.Has(ConnectionStatus.FixedTimeout))
        {
            record.Timeout = unchecked(now + (seconds * ConntrackSettings.Hz));
        }
        (record.Mark, record.Status) = (mark, record.Status | status);
        if (record.Protocol == IpProtocols.Tcp && state is { } given)
        {
            record.State = (byte)given;
        }
        Tell(Everything, id);
    }

    /// <summary>
    /// Notes that both ends are not to be taken at their word, as the tool does with TCP connections it makes or changes, and
    /// that they are closing in a state from TIME_WAIT on.
    /// </summary>
    public void BeLiberal(int id, TcpState? state)
    {
        TcpEndpointFlags flags = TcpEndpointFlags.SackPermitted | TcpEndpointFlags.BeLiberal
            | (state >= TcpState.TimeWait ? TcpEndpointFlags.CloseInit : TcpEndpointFlags.None);
        ref TcpTracking tcp = ref _table.Write(id).Tcp;
        tcp.Original.Flags |= flags;
        tcp.Reply.Flags |= flags;
    }

    private void Tell(ConntrackEvents events, int id)
    {
        events &= EventMaskOf(id);
        if (events != ConntrackEvents.None)
        {
            Listener?.OnConnection(events, id, this);
        }
    }

    private static void Bind(int id, NatRange? range, NatManip manip, WalkContext walk)
    {
        if (range is { } given)
        {
            walk.Nat.SetupInfo(id, given, manip, walk);
        }
        else
        {
            walk.Nat.SetupNullBinding(id, manip, walk);
        }
    }
}
