using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// Connection tracking of one namespace, both families (<c>nf_conntrack_core.c</c>). Connections are addressed by number
/// (<see cref="PacketBuffer.Connection"/>), which stays valid to the end of the walk even if the connection ends.
/// </summary>
internal sealed partial class ConnectionTracker
{
    private readonly ConnectionTable _table;
    private readonly List<int> _unconfirmed = [];
    private readonly List<int> _dying = [];

    public ConnectionTracker() => _table = new ConnectionTable();

    private ConnectionTracker(ConnectionTracker other)
    {
        _table = other._table.Fork();
        Settings = other.Settings;
        KeepsLabels = other.KeepsLabels;
        (_isEnabledV4, _isEnabledV6) = (other._isEnabledV4, other._isEnabledV6);
        (_isSynProxiedV4, _isSynProxiedV6) = (other._isSynProxiedV4, other._isSynProxiedV6);
        _unconfirmed.AddRange(other._unconfirmed);
        _dying.AddRange(other._dying);
        _expectations.AddRange(other._expectations);
        _greKeys.AddRange(other._greKeys);
    }

    /// <summary>The sysctls.</summary>
    public ConntrackSettings Settings { get; set; } = ConntrackSettings.Default;

    /// <summary>Number of connections, those of packets still on their way included (<c>nf_conntrack_count</c>).</summary>
    public int Count => _table.Allocated;

    internal ConnectionTable Table => _table;

    /// <summary>Makes a tracker with the same connections; neither sees what happens to the other from now on.</summary>
    public ConnectionTracker Fork() => new(this);

    /// <summary>The kernel's clock as the timeouts see it: its lowest 32 bits.</summary>
    public static uint JiffiesOf(long nanoseconds) => unchecked((uint)Jiffies.Of(nanoseconds));

    /// <summary>A connection to read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly ConnectionRecord Read(int id) => ref _table.Read(id);

    /// <summary>A connection to write to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ConnectionRecord Write(int id) => ref _table.Write(id);

    /// <summary>The tuple of packets in the original direction.</summary>
    public ConnectionTuple Original(int id) => _table.TupleOf(id, ConnectionDirection.Original);

    /// <summary>The tuple of answers.</summary>
    public ConnectionTuple Reply(int id) => _table.TupleOf(id, ConnectionDirection.Reply);

    /// <summary>The tuple of packets in a direction.</summary>
    public ConnectionTuple TupleOf(int id, ConnectionDirection direction) => _table.TupleOf(id, direction);

    /// <summary>Finds the connection of a packet and what it is to it (<c>nf_conntrack_in</c>).</summary>
    public Verdict Track(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (packet.Connection >= 0 || packet.ConntrackInfo == ConntrackInfo.Untracked)
        {
            return Verdict.Accept;
        }
        ConntrackTemplate? template = packet.Template;
        (packet.Template, packet.ConntrackInfo) = (null, ConntrackInfo.None);
        TrackContext context = new(this, walk, JiffiesOf(walk.NowNanoseconds), template);
        Verdict verdict = Track(hook, packet, context);
        if (walk.Recorder is not null)
        {
            Trace(packet, context, walk.Recorder);
        }
        return verdict;
    }

    private Verdict Track(Hook hook, PacketBuffer packet, in TrackContext context)
    {
        if (!PacketTuple.HasTransport(packet))
        {
            return Verdict.Accept;
        }
        if (packet.Protocol is IpProtocols.Icmp or IpProtocols.IcmpV6)
        {
            bool isValid = (packet.Protocol, packet.Family) switch
            {
                (IpProtocols.Icmp, IpFamily.IPv4) => IcmpTracker.Inspect(hook, packet, context),
                (IpProtocols.IcmpV6, IpFamily.IPv6) => IcmpV6Tracker.Inspect(hook, packet, context),
                _ => true,
            };
            if (!isValid || packet.Connection >= 0 || packet.ConntrackInfo == ConntrackInfo.Untracked)
            {
                return Verdict.Accept;
            }
        }
        while (true)
        {
            if (!Resolve(packet, context))
            {
                context.Walk.Blame(Fate.Dropped("conntrack: table full"));
                return Verdict.Drop;
            }
            if (packet.Connection < 0)
            {
                return Verdict.Accept;
            }
            int id = packet.Connection;
            TrackResult result = Dispatch(id, hook, packet, context);
            if (result == TrackResult.Accept)
            {
                if (packet.ConntrackInfo == ConntrackInfo.EstablishedReply
                    && !_table.Read(id).Has(ConnectionStatus.SeenReply))
                {
                    ref ConnectionRecord record = ref _table.Write(id);
                    record.Status |= ConnectionStatus.SeenReply;
                    Note(ref record, ConntrackEvents.Reply);
                }
                return Verdict.Accept;
            }
            (packet.Connection, packet.ConntrackInfo) = (-1, ConntrackInfo.None);
            if (result != TrackResult.Repeat)
            {
                return result == TrackResult.Drop ? Verdict.Drop : Verdict.Accept;
            }
        }
    }

    private TrackResult Dispatch(int id, Hook hook, PacketBuffer packet, in TrackContext context)
    {
        switch (packet.Protocol)
        {
            case IpProtocols.Tcp:
                return TcpTracker.Packet(id, hook, packet, context);
            case IpProtocols.Udp:
                return UdpTracker.Packet(id, hook, packet, context);
            case IpProtocols.UdpLite:
                return UdpTracker.LitePacket(id, hook, packet, context);
            case IpProtocols.Icmp:
                return IcmpTracker.Packet(id, packet, context);
            case IpProtocols.IcmpV6:
                return IcmpV6Tracker.Packet(id, packet, context);
            case IpProtocols.Sctp:
                return SctpTracker.Packet(id, hook, packet, context);
            case IpProtocols.Gre:
                return GreTracker.Packet(id, packet, context);
            default:
                Refresh(id, packet, TimeoutsOf(id, Settings.Timeouts.Generic)[0], context.Jiffies);
                return TrackResult.Accept;
        }
    }

    /// <summary>Looks the packet's connection up, or begins one (<c>resolve_normal_ct</c>).</summary>
    /// <returns>False when the table is full.</returns>
    private bool Resolve(PacketBuffer packet, in TrackContext context)
    {
        if (!PacketTuple.TryRead(packet, this, out ConnectionTuple tuple))
        {
            return true;
        }
        ConntrackZone zone = ZoneOf(packet, context.Template);
        int reference = _table.Find(tuple, zone, context.Jiffies);
        if (reference < 0)
        {
            return Begin(packet, tuple, zone, context);
        }
        packet.Connection = reference >> 1;
        packet.ConntrackInfo = (reference & 1) != 0 ? ConntrackInfo.EstablishedReply : InfoOf(_table.Read(reference >> 1).Status);
        return true;
    }

    private static ConntrackInfo InfoOf(ConnectionStatus status) =>
        (status & ConnectionStatus.SeenReply) != 0 ? ConntrackInfo.Established
        : (status & ConnectionStatus.Expected) != 0 ? ConntrackInfo.Related : ConntrackInfo.New;

    private static ConntrackZone ZoneOf(PacketBuffer packet, ConntrackTemplate? template) => template switch
    {
        null => default,
        { ZoneFromMark: true } => template.Zone with { Id = (ushort)packet.Mark },
        _ => template.Zone,
    };

    /// <summary>Begins a connection (<c>init_conntrack</c>).</summary>
    private bool Begin(PacketBuffer packet, in ConnectionTuple tuple, ConntrackZone zone, in TrackContext context)
    {
        if (!tuple.TryInvert(out ConnectionTuple reply))
        {
            return true;
        }
        if (Settings.Max > 0 && _table.Allocated >= Settings.Max && !MakeRoom(context))
        {
            return false;
        }
        int id = _table.Allocate(tuple, reply, zone);
        _unconfirmed.Add(id);
        if (context.Template is not null || Settings.Accounting || Settings.Timestamps || _expectations.Count > 0 || KeepsLabels)
        {
            Equip(id, tuple, zone, context);
        }
        (packet.Connection, packet.ConntrackInfo) = (id, InfoOf(_table.Read(id).Status));
        return true;
    }

    /// <summary>
    /// An ICMP error belongs to the connection whose packet it quotes, if it goes to where that packet came from
    /// (<c>nf_conntrack_inet_error</c>).
    /// </summary>
    /// <returns>False when it is invalid.</returns>
    public bool Relate(PacketBuffer packet, ReadOnlySpan<byte> quoted, in TrackContext context)
    {
        if (!PacketTuple.TryReadQuoted(quoted, packet.Family, this, out ConnectionTuple quotedTuple)
            || !quotedTuple.TryInvert(out ConnectionTuple tuple))
        {
            return false;
        }
        int reference = _table.Find(tuple, ZoneOf(packet, context.Template), context.Jiffies);
        if (reference < 0)
        {
            return false;
        }
        ConnectionDirection direction = (ConnectionDirection)(reference & 1);
        if (_table.TupleOf(reference >> 1, direction).Destination != packet.Destination)
        {
            return false;
        }
        packet.Connection = reference >> 1;
        packet.ConntrackInfo = direction == ConnectionDirection.Reply ? ConntrackInfo.RelatedReply : ConntrackInfo.Related;
        return true;
    }

    /// <summary>
    /// Gives an answer that the host makes itself the connection of the packet that caused it (<c>nf_conntrack_attach</c>).
    /// </summary>
    public static void Attach(PacketBuffer answer, PacketBuffer cause)
    {
        if (cause.Connection < 0 && cause.ConntrackInfo != ConntrackInfo.Untracked)
        {
            return;
        }
        // An answer to what is not tracked is marked as seen without a connection: NOTRACK passes it over, tracking does not.
        answer.Connection = cause.Connection;
        answer.ConntrackInfo = cause.ConntrackInfo.DirectionOf() == ConnectionDirection.Original
            ? ConntrackInfo.RelatedReply : ConntrackInfo.Related;
    }

    /// <summary>The host resets a packet's connection (<c>nf_ct_set_closing</c>).</summary>
    public void SetClosing(PacketBuffer packet, WalkContext walk)
    {
        if (packet.Connection >= 0 && _table.Read(packet.Connection).Protocol == IpProtocols.Tcp)
        {
            TcpTracker.SetClosing(packet.Connection, this, JiffiesOf(walk.NowNanoseconds));
        }
    }

    /// <summary>Prolongs a connection and counts a packet (<c>__nf_ct_refresh_acct</c>).</summary>
    public void Refresh(int id, PacketBuffer packet, uint timeout, uint now)
    {
        Prolong(id, timeout, now);
        if (_table.HasExtension(id))
        {
            CountPacket(id, packet);
        }
    }

    /// <summary>Changes when a connection ends, without counting a packet (<c>nf_ct_refresh</c>).</summary>
    public void Prolong(int id, uint timeout, uint now)
    {
        ref ConnectionRecord record = ref _table.Write(id);
        if (!record.Has(ConnectionStatus.FixedTimeout))
        {
            record.Timeout = record.IsConfirmed ? unchecked(timeout + now) : timeout;
        }
    }

    /// <summary>The timeouts that hold for a connection: those of its policy, or the namespace's (<c>nf_ct_timeout_lookup</c>).</summary>
    public uint[] TimeoutsOf(int id, uint[] usual) =>
        _table.HasExtension(id) ? _table.ReadExtension(id).Timeouts ?? usual : usual;

    /// <summary>Marks a connection as one that a full table keeps.</summary>
    public void Assure(ref ConnectionRecord record)
    {
        if (!record.Has(ConnectionStatus.Assured))
        {
            record.Status |= ConnectionStatus.Assured;
            Note(ref record, ConntrackEvents.Assured);
        }
    }

    /// <summary>
    /// Seconds that a connection has left, rounded down (<c>nf_ct_expires</c>). Linux takes the relative timeout of one
    /// that is not confirmed for a moment long past: it has none left.
    /// </summary>
    public int RemainingSeconds(int id, uint now)
    {
        ref readonly ConnectionRecord record = ref _table.Read(id);
        int jiffies = record.IsConfirmed ? unchecked((int)(record.Timeout - now)) : 0;
        return Math.Max(jiffies, 0) / (int)ConntrackSettings.Hz;
    }

    /// <summary>Ends a walk: what began and was not confirmed is forgotten, and what ended is given back.</summary>
    public void EndWalk()
    {
        if (_unconfirmed.Count == 0 && _dying.Count == 0)
        {
            return;
        }
        foreach (int id in _unconfirmed)
        {
            if (!_table.Read(id).IsConfirmed)
            {
                Release(id);
            }
        }
        _unconfirmed.Clear();
        for (int i = 0; i < _dying.Count; i++)
        {
            int id = _dying[i];
            _dying[i] = -1;
            Release(id);
        }
        _dying.Clear();
    }
}
