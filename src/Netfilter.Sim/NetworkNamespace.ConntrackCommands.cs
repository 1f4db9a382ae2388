using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim;

/// <summary>What the conntrack tool does to connections.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>Ends connections (<c>conntrack -D</c>); their next packets begin new ones.</summary>
    /// <param name="which">Tells for each connection whether it ends.</param>
    /// <returns>Number of connections that ended.</returns>
    public int DeleteConnections(Func<ConntrackEntry, bool> which)
    {
        ArgumentNullException.ThrowIfNull(which);
        int[] chosen = [.. Conntrack.Where(which).Select(entry => entry.Id)];
        foreach (int id in chosen)
        {
            Tracker.Kill(id, null);
        }
        Tracker.EndWalk();
        return chosen.Length;
    }

    /// <summary>Ends all connections (<c>conntrack -F</c>).</summary>
    public void FlushConnections() => DeleteConnections(_ => true);
}
