using Netfilter.Sim.Kubernetes.Dumps;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Compares rules by their text alone, chain by chain, whether as kube-proxy writes them or as iptables-save
/// prints them.</summary>
public static class DumpComparison
{
    /// <summary>The rules of kube-proxy's chains and the jumps into them, in order, by <c>table chain</c>.</summary>
    /// <param name="lines">The lines of a dump or of payloads.</param>
    public static SortedDictionary<string, List<string>> Chains(IEnumerable<string> lines)
    {
        var chains = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        string table = "";
        foreach (string line in lines)
        {
            if (line.StartsWith('*'))
            {
                table = line[1..];
            }
            else if (line.StartsWith(":KUBE-", StringComparison.Ordinal))
            {
                chains.TryAdd(table + " " + line[1..].Split(' ')[0], []);
            }
            else if (line.StartsWith("-A ", StringComparison.Ordinal))
            {
                string key = table + " " + line.Split(' ')[1];
                chains.TryAdd(key, []);
                chains[key].Add(RuleText.Canonical(line));
            }
        }
        return chains;
    }

    /// <summary>The first difference between two sets of chains, or null.</summary>
    public static string? Difference(
        SortedDictionary<string, List<string>> wanted, SortedDictionary<string, List<string>> found)
    {
        foreach (string chain in wanted.Keys.Union(found.Keys, StringComparer.Ordinal))
        {
            if (!wanted.TryGetValue(chain, out List<string>? want))
            {
                return $"{chain} should not be there";
            }
            if (!found.TryGetValue(chain, out List<string>? have))
            {
                return $"{chain} is missing";
            }
            if (KubeCaseExpectations.Lists(chain, want, have) is { } difference)
            {
                return difference;
            }
        }
        return null;
    }
}
