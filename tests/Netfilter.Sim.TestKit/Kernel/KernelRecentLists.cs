using Netfilter.Sim.Extensions.Matches;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>The recent lists of a namespace in the form in which the kernel's were recorded.</summary>
internal static class KernelRecentLists
{
    /// <summary>All lists by name.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<KernelRecent>> Read(NetworkNamespace host) =>
        host.States.Named("recent").ToDictionary(list => list.Name, list => Entries((RecentTable)list.State));

    private static IReadOnlyList<KernelRecent> Entries(RecentTable table) =>
        [.. table.Format().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Entry)];

    // src=ADDRESS ttl: TTL last_seen: STAMP oldest_pkt: INDEX STAMP, STAMP, ...
    private static KernelRecent Entry(string line)
    {
        string[] words = line.Split(' ');
        return new KernelRecent(words[0][4..], (int)KernelText.Number(words[2]), (int)KernelText.Number(words[6]), words.Length - 7);
    }
}
