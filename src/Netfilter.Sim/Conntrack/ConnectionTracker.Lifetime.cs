using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

// How connections get into the table and out of it again.
internal sealed partial class ConnectionTracker
{
    // How many chains a full table is searched in for a connection to give up (NF_CT_EVICTION_RANGE).
    private const int EvictionRange = 8;

    private bool _isEnabledV4;
    private bool _isEnabledV6;
    private bool _isSynProxiedV4;
    private bool _isSynProxiedV6;

    /// <summary>Whether connections begin with labels: some loaded rule needs them (<c>nf_connlabels_get</c>).</summary>
    public bool KeepsLabels { get; set; }

    /// <summary>Whether some loaded rule of a family is a SYNPROXY.</summary>
    public bool IsSynProxied(IpFamily family) => family == IpFamily.IPv4 ? _isSynProxiedV4 : _isSynProxiedV6;

    /// <summary>The first SYNPROXY rule of a family is loaded, or the last one is gone (<c>nf_synproxy_ipv4_init</c>).</summary>
    public void SetSynProxied(IpFamily family, bool isSynProxied) =>
        (family == IpFamily.IPv4 ? ref _isSynProxiedV4 : ref _isSynProxiedV6) = isSynProxied;

    /// <summary>Whether some loaded rule needs tracking of a family.</summary>
    public bool IsEnabled(IpFamily family) => family == IpFamily.IPv4 ? _isEnabledV4 : _isEnabledV6;

    /// <summary>
    /// The first rule that needs tracking of a family is loaded, or the last one is gone (<c>nf_ct_netns_get</c>,
    /// <c>nf_ct_netns_put</c>). Connections stay in the meantime and expire; windows of those that are still there are
    /// forgotten, since packets have passed unseen.
    /// </summary>
    public void SetEnabled(IpFamily family, bool isEnabled)
    {
        (family == IpFamily.IPv4 ? ref _isEnabledV4 : ref _isEnabledV6) = isEnabled;
        for (int id = 0; isEnabled && id < _table.Capacity; id++)
        {
            ref readonly ConnectionRecord record = ref _table.Read(id);
            if (record.IsConfirmed && record.IsIPv6 == (family == IpFamily.IPv6)
                && record.Protocol == IpProtocols.Tcp && record.State == (byte)TcpState.Established)
            {
                ref TcpTracking tcp = ref _table.Write(id).Tcp;
                (tcp.Original.MaxWindow, tcp.Reply.MaxWindow) = (0, 0);
            }
        }
    }

    /// <summary>A rule that needs counters is loaded (<c>nf_ct_set_acct</c>): all connections from now on have them.</summary>
    public void EnableAccounting()
    {
        if (!Settings.Accounting)
        {
            Settings = Settings.With("net.netfilter.nf_conntrack_acct", 1);
        }
    }

    /// <summary>
    /// An address that MASQUERADE took is gone, or its interface is down: what was masqueraded with it ends
    /// (<c>nf_nat_masquerade.c masq_inet_event, masq_device_event</c>).
    /// </summary>
    /// <param name="deviceIndex">The interface.</param>
    /// <param name="address">The address; null for all of the interface.</param>
    public void ForgetMasqueraded(int deviceIndex, NetAddress? address = null)
    {
        for (int id = 0; id < _table.Capacity; id++)
        {
            ref readonly ConnectionRecord record = ref _table.Read(id);
            if (record.IsConfirmed && record.MasqueradeDevice == deviceIndex
                && (address is null || Reply(id).Destination == address))
            {
                Kill(id, null);
            }
        }
        EndWalk();
    }

    /// <summary>Puts the connection of a packet that has come through into the table (<c>__nf_conntrack_confirm</c>).</summary>
    public Verdict Confirm(PacketBuffer packet, WalkContext walk)
    {
        int id = packet.Connection;
        if (id < 0 || _table.Read(id).IsConfirmed || packet.ConntrackInfo.DirectionOf() != ConnectionDirection.Original)
        {
            return Verdict.Accept;
        }
        uint now = JiffiesOf(walk.NowNanoseconds);
        if (_table.Read(id).Has(ConnectionStatus.Dying))
        {
            return Verdict.Drop;
        }
        int clash = _table.FindTwin(id, ConnectionDirection.Original, now);
        clash = clash >= 0 ? clash : _table.FindTwin(id, ConnectionDirection.Reply, now);
        if (clash >= 0)
        {
            return ResolveClash(packet, id, clash >> 1, now, walk);
        }
        ref ConnectionRecord record = ref _table.Write(id);
        record.Timeout = unchecked(record.Timeout + now);
        record.Status |= ConnectionStatus.Confirmed;
        _table.Insert(id);
        if (record.Extension >= 0)
        {
            _table.WriteExtension(id).StartNanoseconds = walk.NowNanoseconds;
        }
        NoteBeginning(id);
        return Verdict.Accept;
    }

    /// <summary>Ends a connection (<c>nf_ct_delete</c>). Its record stays readable to the end of the walk.</summary>
    /// <returns>False when it had ended before.</returns>
    public bool Kill(int id, WalkContext? walk)
    {
        ref ConnectionRecord record = ref _table.Write(id);
        if (record.Has(ConnectionStatus.Dying))
        {
            return false;
        }
        record.Status |= ConnectionStatus.Dying;
        if (!record.IsConfirmed)
        {
            return true;
        }
        TellDestroyed(id);
        _dying.Add(id);
        if (record.Extension >= 0)
        {
            _table.ReadExtension(id).Helper?.OnDestroy(id, this);
            ForgetExpectations(id);
        }
        _table.Remove(id);
        return true;
    }

    /// <summary>Counts a last packet and ends its connection (<c>nf_ct_kill_acct</c>).</summary>
    public void KillAccounted(int id, PacketBuffer packet, WalkContext? walk)
    {
        if (_table.Read(id).Extension >= 0)
        {
            CountPacket(id, packet);
        }
        Kill(id, walk);
    }

    /// <summary>Ends all connections whose time has come, in the order of their deadlines (<c>gc_worker</c>).</summary>
    public void CollectExpired(uint now)
    {
        List<(int Overdue, int Id)> expired = [];
        for (int id = 0; id < _table.Capacity; id++)
        {
            ref readonly ConnectionRecord record = ref _table.Read(id);
            if (record.IsConfirmed && !record.Has(ConnectionStatus.Dying) && unchecked((int)(record.Timeout - now)) <= 0)
            {
                expired.Add((unchecked((int)(record.Timeout - now)), id));
            }
        }
        expired.Sort();
        foreach ((int _, int id) in expired)
        {
            Kill(id, null);
        }
    }

    /// <summary>Whether a connection is in the table, has not ended and can be listed.</summary>
    public bool IsListed(int id, uint now)
    {
        ref readonly ConnectionRecord record = ref _table.Read(id);
        return record.IsConfirmed && !record.Has(ConnectionStatus.Dying | ConnectionStatus.NatClash)
            && unchecked((int)(record.Timeout - now)) > 0;
    }

    /// <summary>The numbers of all connections that can be listed.</summary>
    public IEnumerable<int> Listed(uint now)
    {
        for (int id = 0; id < _table.Capacity; id++)
        {
            if (IsListed(id, now))
            {
                yield return id;
            }
        }
    }

    /// <summary>
    /// Makes room in a full table (<c>early_drop</c>): what has expired, or else a connection that is not assured. Linux
    /// looks into a few of many chains, and a secret decides in which two chains a connection is: a single one is hardly
    /// ever found, and of many each is equally likely.
    /// </summary>
    private bool MakeRoom(in TrackContext context)
    {
        int before = _table.Allocated;
        CollectExpired(context.Jiffies);
        if (before - _dying.Count < Settings.Max)
        {
            return true;
        }
        uint candidates = 0;
        foreach (int id in Listed(context.Jiffies))
        {
            candidates += _table.Read(id).Has(ConnectionStatus.Assured) ? 0u : 1;
        }
        double missed = Math.Pow(1 - Math.Min(1.0, EvictionRange / (double)Settings.Buckets), 2.0 * candidates);
        uint threshold = (uint)Math.Round((1 - missed) * (1u << 31));
        if (candidates == 0 || !context.Walk.Chance.Decide(ChancePurpose.EarlyDrop, threshold))
        {
            return false;
        }
        uint victim = context.Walk.Chance.Choose(ChancePurpose.EarlyDrop, candidates);
        foreach (int id in Listed(context.Jiffies))
        {
            if (!_table.Read(id).Has(ConnectionStatus.Assured) && victim-- == 0)
            {
                return Kill(id, context.Walk);
            }
        }
        return false;
    }

    /// <summary>
    /// Another connection has taken one of the tuples since this one began (<c>nf_ct_resolve_clash</c>).
    /// </summary>
    private Verdict ResolveClash(PacketBuffer packet, int loser, int winner, uint now, WalkContext walk)
    {
        ref readonly ConnectionRecord standing = ref _table.Read(winner);
        if (standing.Protocol is IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Icmp or IpProtocols.IcmpV6
            or IpProtocols.Gre or IpProtocols.Sctp)
        {
            if (AreSameFlow(winner, loser))
            {
                packet.Connection = winner;
                return Verdict.Accept;
            }
            if (_table.FindTwin(loser, ConnectionDirection.Reply, now) < 0)
            {
                ref ConnectionRecord record = ref _table.Write(loser);
                record.Timeout = unchecked(now + ConntrackSettings.Hz);
                record.Status |= ConnectionStatus.Confirmed | ConnectionStatus.FixedTimeout | ConnectionStatus.NatClash;
                _table.Insert(loser, replyOnly: true);
                return Verdict.Accept;
            }
        }
        walk.Blame(Fate.Dropped("conntrack: its translated addresses are taken"));
        return Verdict.Drop;
    }

    /// <summary>Whether two connections have the same tuples in the same zones, perhaps with directions exchanged.</summary>
    private bool AreSameFlow(int one, int other)
    {
        ConntrackZone zone = _table.Read(one).Zone, otherZone = _table.Read(other).Zone;
        (ushort original, ushort reply) = (zone.IdIn(ConnectionDirection.Original), zone.IdIn(ConnectionDirection.Reply));
        (ushort otherOriginal, ushort otherReply) =
            (otherZone.IdIn(ConnectionDirection.Original), otherZone.IdIn(ConnectionDirection.Reply));
        return (Original(one) == Original(other) && Reply(one) == Reply(other)
                && (original, reply) == (otherOriginal, otherReply))
            || (Original(one) == Reply(other) && Reply(one) == Original(other)
                && (original, reply) == (otherReply, otherOriginal));
    }

    /// <summary>Gives a record back, unless connections or expectations still name it as their master.</summary>
    private void Release(int id)
    {
        ref readonly ConnectionRecord record = ref _table.Read(id);
        if (record.Extension >= 0)
        {
            ref ConnectionExtension extension = ref _table.WriteExtension(id);
            if (extension.Dependents > 0)
            {
                return;
            }
            int master = extension.Master;
            if (master >= 0)
            {
                extension.Master = -1;
                ReleaseMaster(master);
            }
        }
        if (record.Has(ConnectionStatus.SourceNatDone))
        {
            _table.RemoveSource(id);
        }
        _table.Free(id);
    }

    private void ReleaseMaster(int master)
    {
        ref ConnectionExtension extension = ref _table.WriteExtension(master);
        extension.Dependents--;
        bool isGone = _table.Read(master).Has(ConnectionStatus.Dying) && !_dying.Contains(master);
        if (extension.Dependents == 0 && isGone)
        {
            Release(master);
        }
    }
}
