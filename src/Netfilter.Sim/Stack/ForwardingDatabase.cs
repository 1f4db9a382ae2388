namespace Netfilter.Sim.Stack;

/// <summary>Behind which port of a bridge an Ethernet address was seen last (<c>net/bridge/br_fdb.c</c>).</summary>
internal sealed class ForwardingDatabase
{
    private const long AgeingNanoseconds = 300_000_000_000;

    private readonly Dictionary<(int Bridge, ulong Mac), (int Port, long SeenAt)> _entries = [];

    /// <summary>Notes where an address is.</summary>
    public void Learn(int bridge, ulong mac, int port, long nowNanoseconds) => _entries[(bridge, mac)] = (port, nowNanoseconds);

    /// <summary>Index of the port behind which an address is, or 0 when it is not known or has not been seen for 300 s.</summary>
    public int Find(int bridge, ulong mac, long nowNanoseconds) =>
        _entries.TryGetValue((bridge, mac), out (int Port, long SeenAt) entry) && nowNanoseconds - entry.SeenAt < AgeingNanoseconds
            ? entry.Port
            : 0;

    /// <summary>Takes over everything another database knows.</summary>
    public void CopyFrom(ForwardingDatabase origin)
    {
        foreach (((int Bridge, ulong Mac) key, (int Port, long SeenAt) entry) in origin._entries)
        {
            _entries[key] = entry;
        }
    }
}
