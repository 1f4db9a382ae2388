using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Connections by group of addresses (<c>net/netfilter/nf_conncount.c struct nf_conncount_data</c>).</summary>
internal sealed class ConnectionCounts : RuleState
{
    private const int MostCollected = 8;

    private readonly Dictionary<(NetAddress Group, ushort Zone), Group> _groups = [];

    /// <summary>Counts the connections of a group, the given one included (<c>nf_conncount_count</c>).</summary>
    public int Count(
        NetAddress address, ConntrackZone zone, in ConnectionTuple tuple, ConnectionTracker tracker, long tick, uint now)
    {
        if (!_groups.TryGetValue((address, zone.Id), out Group? group))
        {
            group = new Group();
            _groups.Add((address, zone.Id), group);
        }
        if (group.LastTick == tick || !group.Collect(tuple, zone, tracker, tick, now))
        {
            group.Members.Add(new Member(tuple, zone, tick));
            group.LastTick = tick;
        }
        return group.Members.Count;
    }

    public override RuleState Clone()
    {
        ConnectionCounts copy = new();
        foreach (((NetAddress, ushort) key, Group group) in _groups)
        {
            Group same = new() { LastTick = group.LastTick };
            same.Members.AddRange(group.Members);
            copy._groups.Add(key, same);
        }
        return copy;
    }

    private readonly record struct Member(ConnectionTuple Tuple, ConntrackZone Zone, long Tick);

    private sealed class Group
    {
        public List<Member> Members { get; } = [];

        /// <summary>When a connection was added last: within the same tick nothing is looked at.</summary>
        public long LastTick { get; set; } = -1;

        /// <summary>Drops connections that are gone; true when the given one is there already (<c>__nf_conncount_add</c>).</summary>
        public bool Collect(in ConnectionTuple tuple, ConntrackZone zone, ConnectionTracker tracker, long tick, uint now)
        {
            int collected = 0;
            for (int i = 0; i < Members.Count && collected <= MostCollected;)
            {
                Member member = Members[i];
                int found = tracker.Table.Find(member.Tuple, member.Zone, now);
                bool isSame = member.Tuple == tuple && member.Zone == zone;
                if (found >= 0 && isSame)
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
            return false;
        }

        // already_closed
        private static bool IsClosed(in ConnectionRecord record) =>
            record.Protocol == IpProtocols.Tcp && (TcpState)record.State is TcpState.TimeWait or TcpState.Close;
    }
}
