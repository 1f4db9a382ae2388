using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// Connections by group of addresses (<c>net/netfilter/nf_conncount.c struct nf_conncount_data</c>). A connection that is
/// assured is not added any more: it is counted only if it was before.
/// </summary>
internal sealed class ConnectionCounts : RuleState
{
    private const int MostCollected = 64;

    private readonly Dictionary<(NetAddress Group, ushort Zone), Group> _groups = [];

    /// <summary>Counts the connections of a group, the given one included (<c>nf_conncount_count_skb</c>).</summary>
    /// <param name="address">The group.</param>
    /// <param name="counted">The connection.</param>
    /// <param name="status">Its status; null while it is in no table.</param>
    /// <param name="tracker">Who knows which connections are gone.</param>
    /// <param name="tick">The time: within a tick nothing is looked at twice.</param>
    /// <param name="now">The time in jiffies.</param>
    /// <returns>0 when none is left to count.</returns>
    public int Count(
        NetAddress address, in CountedConnection counted, ConnectionStatus? status, ConnectionTracker tracker, long tick, uint now)
    {
        if (!_groups.TryGetValue((address, counted.Zone.Id), out Group? group))
        {
            group = new Group { LastTick = tick };
            group.Members.Add(counted);
            _groups.Add((address, counted.Zone.Id), group);
            return 1;
        }
        bool isAssured = status is { } bits && (bits & ConnectionStatus.Assured) != 0;
        if (isAssured)
        {
            if (group.LastTick != tick)
            {
                group.Collect(null, tracker, tick, now);
            }
            return group.Members.Count;
        }
        bool isUnchecked = status is null && group.LastTick == tick && group.Members.Count - group.LastCount < MostCollected;
        if (isUnchecked || !group.Collect(counted, tracker, tick, now))
        {
            group.Members.Add(counted);
        }
        return group.Members.Count;
    }

    public override RuleState Clone()
    {
        ConnectionCounts copy = new();
        foreach (((NetAddress, ushort) key, Group group) in _groups)
        {
            Group same = new() { LastTick = group.LastTick, LastCount = group.LastCount };
            same.Members.AddRange(group.Members);
            copy._groups.Add(key, same);
        }
        return copy;
    }

    private sealed class Group
    {
        public List<CountedConnection> Members { get; } = [];

        /// <summary>When the members were looked at last, and how many were left.</summary>
        public long LastTick { get; set; } = -1;

        public int LastCount { get; set; }

        /// <summary>Drops connections that are gone; true when the given one is there already (<c>__nf_conncount_add</c>).</summary>
        public bool Collect(CountedConnection? counted, ConnectionTracker tracker, long tick, uint now)
        {
            int collected = 0;
            for (int i = 0; i < Members.Count && collected <= MostCollected;)
            {
                CountedConnection member = Members[i];
                int found = tracker.Table.Find(member.Tuple, member.Zone, now);
                if (found >= 0 && member == counted)
                {
                    return true;
                }
                if (found >= 0 && !IsClosed(tracker.Read(found >> 1)))
                {
                    i++;
                    continue;
                }
                Members.RemoveAt(i);
                collected++;
            }
            (LastTick, LastCount) = (tick, Members.Count);
            return false;
        }

        // already_closed
        private static bool IsClosed(in ConnectionRecord record) =>
            record.Protocol == IpProtocols.Tcp && (TcpState)record.State is TcpState.TimeWait or TcpState.Close;
    }
}

/// <summary>A connection as it is counted.</summary>
/// <param name="Tuple">Its original direction.</param>
/// <param name="Zone">Its zone.</param>
internal readonly record struct CountedConnection(ConnectionTuple Tuple, ConntrackZone Zone);
