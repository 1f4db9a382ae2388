using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Real dumps, and what they are after they have been loaded and saved.</summary>
public sealed class CorpusKind : ICaseKind
{
    public string Name => "corpus";

    public bool Holds(string path) => path.EndsWith(".iptables", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        string name = file.Path[(file.Path.LastIndexOf('/') + 1)..^".iptables".Length];
        yield return new ConformanceCase("corpus/dump", name, () => Play(file, name, withCounters: false));
        if (file.TryReadSibling($"{name}.canonical-c") is not null)
        {
            yield return new ConformanceCase("corpus/counters", name, () => Play(file, name, withCounters: true));
        }
    }

    private static CaseFailure? Play(CaseFile file, string name, bool withCounters)
    {
        string dump = ByteText.Decode(file.Read());
        IpFamily family = FamilyOf(file, name, dump);
        (string[] Accounting, string Sets) objects = ObjectsIn(dump, family);
        string program = family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        IptablesShell shell = new(new NetworkNamespace(name), environment: new RecordedEnvironment(objects.Accounting));
        shell.Execute("ipset restore", objects.Sets);
        string[] option = withCounters ? ["-c"] : [];
        ShellResult loaded = shell.Execute([$"{program}-restore", .. option], dump);
        if (loaded.ExitCode != 0)
        {
            return MissingExtension.In(dump.Split(' ', '\n'), family, null) is { } missing
                ? new CaseFailure($"not modelled: {missing}", $"not modelled: {missing}")
                : new CaseFailure($"does not load: {loaded.Stderr}");
        }
        byte[]? canonical = file.TryReadSibling($"{name}.canonical{(withCounters ? "-c" : "")}");
        if (canonical is null)
        {
            return new CaseFailure("the recorded canonical form is missing");
        }
        string saved = shell.Execute([$"{program}-save", .. option]).Stdout;
        return TextDifference.Of("saved", ByteText.Decode(canonical), RecordedText.WithoutDates(saved));
    }

    // The family stands in the index beside the folder; without it the dump itself tells.
    private static IpFamily FamilyOf(CaseFile file, string name, string dump)
    {
        if ((file.TryReadSibling("../index.json") ?? file.TryReadSibling("index.json")) is { } index)
        {
            using JsonDocument json = JsonDocument.Parse(index);
            foreach (JsonElement entry in json.RootElement.EnumerateArray())
            {
                if (entry.Text("name") == name)
                {
                    return entry.Text("family") == "ipv6" ? IpFamily.IPv6 : IpFamily.IPv4;
                }
            }
        }
        bool isV6 = dump.Contains("ip6tables", StringComparison.Ordinal) || dump.Contains("icmp6", StringComparison.Ordinal)
            || dump.Contains("::/0", StringComparison.Ordinal);
        return isV6 ? IpFamily.IPv6 : IpFamily.IPv4;
    }

    // What the rules name must exist: accounting objects, and sets of a type by their number of directions.
    private static (string[] Accounting, string Sets) ObjectsIn(string dump, IpFamily family)
    {
        HashSet<string> accounting = new(StringComparer.Ordinal);
        SortedDictionary<string, string> sets = new(StringComparer.Ordinal);
        string[] words = dump.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i + 2 < words.Length; i++)
        {
            if (words[i] is "--match-set" or "--add-set" or "--del-set" or "--map-set")
            {
                string type = words[i + 2].Count(c => c == ',') switch
                {
                    0 => "hash:net",
                    1 => "hash:ip,port",
                    _ => "hash:ip,port,net",
                };
                sets.TryAdd(words[i + 1], $"create {words[i + 1]} {type} family {(family == IpFamily.IPv4 ? "inet" : "inet6")}\n");
            }
            else if (words[i] == "--nfacct-name")
            {
                accounting.Add(words[i + 1]);
            }
        }
        return ([.. accounting], string.Concat(sets.Values));
    }
}
