using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Reference;

/// <summary>In how many recorded cases what was seen. Read from what the kernel left, without playing anything.</summary>
internal sealed class RecordedUses
{
    private readonly Dictionary<(string What, IpFamily Family), int> _counts = [];
    private readonly SortedSet<(string Protocol, IpFamily Family, string State)> _states = [];

    private RecordedUses()
    {
    }

    /// <summary>Reads the repository's kernel and cluster cases.</summary>
    public static RecordedUses Read()
    {
        RecordedUses uses = new();
        using CaseSource kernel = CaseSource.Open(Path.Combine(CaseFolder.Find(), "kernel.zip"));
        foreach (string path in kernel.Paths)
        {
            KernelCase read = KernelCase.Parse(kernel.Read(path));
            uses.Count(uses.SeenIn(read), read.IsIPv6 ? IpFamily.IPv6 : IpFamily.IPv4);
        }
        using CaseSource cluster = CaseSource.Open(Path.Combine(CaseFolder.Find(), "cluster.zip"));
        foreach (string path in cluster.Paths.Where(path => path.EndsWith(".json", StringComparison.Ordinal)))
        {
            using JsonDocument read = JsonDocument.Parse(cluster.Read(path));
            foreach (IpFamily family in Enum.GetValues<IpFamily>())
            {
                uses.Count(SeenIn(read.RootElement, family), family);
            }
        }
        return uses;
    }

    /// <summary>Number of kernel cases in which a rule with it has counted a packet.</summary>
    public int Counted(string what, IpFamily family) => Of($"counted {what}", family);

    /// <summary>Number of kernel cases in which a packet came to a rule with it, as later counters of the chain prove.</summary>
    public int Tried(string what, IpFamily family) => Of($"tried {what}", family);

    /// <summary>Number of cluster cases whose nodes have a rule with it.</summary>
    public int InClusters(string what, IpFamily family) => Of($"cluster {what}", family);

    /// <summary>Number of kernel cases in which the kernel listed a connection with it.</summary>
    public int Listed(string what, IpFamily family) => Of($"listed {what}", family);

    /// <summary>The states that the kernel listed connections of a protocol in.</summary>
    public IEnumerable<string> States(string protocol, IpFamily family) =>
        _states.Where(state => (state.Protocol, state.Family) == (protocol, family)).Select(state => state.State);

    private int Of(string what, IpFamily family) => _counts.GetValueOrDefault((what, family));

    private void Count(HashSet<string> seen, IpFamily family)
    {
        foreach (string what in seen)
        {
            _counts[(what, family)] = Of(what, family) + 1;
        }
    }

    private HashSet<string> SeenIn(KernelCase @case)
    {
        HashSet<string> seen = [];
        foreach (KernelSnapshot snapshot in @case.Expect.Steps.Prepend<KernelSnapshot>(@case.Expect))
        {
            AddRules(seen, snapshot.RulesetSaveCounters ?? []);
            foreach (KernelConnection connection in snapshot.Conntrack ?? [])
            {
                AddConnection(seen, connection, @case.IsIPv6 ? IpFamily.IPv6 : IpFamily.IPv4);
            }
        }
        return seen;
    }

    private static HashSet<string> SeenIn(JsonElement cluster, IpFamily family)
    {
        HashSet<string> seen = [];
        foreach (JsonElement step in cluster.GetProperty("steps").EnumerateArray())
        {
            if (!step.TryGetProperty("rules", out JsonElement nodes))
            {
                continue;
            }
            foreach (JsonProperty rules in nodes.EnumerateObject().SelectMany(node => node.Value.EnumerateObject())
                .Where(rules => rules.Name == family.ToString()))
            {
                string text = cluster.GetProperty("ruleSets").GetProperty(rules.Value.GetString()!).GetString()!;
                seen.UnionWith(text.Split('\n').Select(RecordedRule.Parse).OfType<RecordedRule>()
                    .SelectMany(rule => Names(rule, isActing: true)).Select(name => $"cluster {name}"));
            }
        }
        return seen;
    }

    private static IEnumerable<string> Names(RecordedRule rule, bool isActing)
    {
        IEnumerable<string> names = rule.Matches.Select(name => $"-m {name}");
        return isActing && rule.Target is not null ? names.Append($"-j {rule.Target}").Concat(rule.NatForms) : names;
    }

    private static void AddRules(HashSet<string> seen, IReadOnlyList<string> lines)
    {
        List<RecordedRule> rules = [];
        HashSet<string> passed = [];
        foreach (string line in lines)
        {
            if (RecordedRule.Parse(line) is { } rule)
            {
                rules.Add(rule);
            }
            else if (line.StartsWith(':') && !line.EndsWith("[0:0]", StringComparison.Ordinal))
            {
                passed.Add(line[1..line.IndexOf(' ', StringComparison.Ordinal)]);
            }
            else if (line == "COMMIT")
            {
                AddRulesOfTable(seen, rules, passed);
                rules.Clear();
                passed.Clear();
            }
        }
    }

    // A packet that a later rule of the chain or its policy counted has come by the rules before, whatever they said.
    private static void AddRulesOfTable(HashSet<string> seen, List<RecordedRule> rules, HashSet<string> passed)
    {
        foreach (RecordedRule rule in Enumerable.Reverse(rules))
        {
            if (rule.Packets > 0)
            {
                passed.Add(rule.Chain);
                seen.UnionWith(Names(rule, isActing: true).Select(name => $"counted {name}"));
            }
            if (passed.Contains(rule.Chain))
            {
                seen.UnionWith(Names(rule, isActing: rule.Packets > 0).Select(name => $"tried {name}"));
            }
        }
    }

    private void AddConnection(HashSet<string> seen, KernelConnection connection, IpFamily family)
    {
        string[] words = connection.Line.Split(' ');
        string protocol = words[0].StartsWith("unknown-", StringComparison.Ordinal) ? "other" : words[0];
        seen.Add($"listed {protocol}");
        if (!words[1].Contains('=', StringComparison.Ordinal) && !words[1].StartsWith('['))
        {
            _states.Add((protocol, family, words[1]));
        }
        string[] status = connection.Status.Split(' ');
        seen.UnionWith(status.Where(bit => bit is "SRC_NAT" or "DST_NAT").Select(bit => $"listed {protocol} {bit}"));
        seen.UnionWith(words.Where(word => word.StartsWith("helper=", StringComparison.Ordinal)).Select(word => $"listed {word}"));
    }
}
