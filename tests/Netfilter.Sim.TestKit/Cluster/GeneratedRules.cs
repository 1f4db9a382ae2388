using System.Text.Json;
using System.Text.RegularExpressions;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Kube;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>The rules that the case's own kube-proxies write for its Services and slices.</summary>
internal sealed partial class GeneratedRules(JsonElement root) : IRuleSource
{
    private readonly List<(KubeProxier Proxier, NodeTables Tables)> _proxies = [];

    public CaseFailure? Load(JsonElement step, ClusterTopology topology)
    {
        if (_proxies.Count == 0)
        {
            Start(step, topology);
        }
        foreach (JsonElement item in step.GetProperty("events").EnumerateArray())
        {
            bool removes = item.GetProperty("op").GetString()!.EndsWith("Delete", StringComparison.Ordinal);
            KubeObject read = ManifestReader.ReadOne<KubeObject>(item.GetProperty("object").GetRawText());
            foreach ((KubeProxier proxier, _) in _proxies)
            {
                Apply(proxier, read, removes);
            }
        }
        foreach ((KubeProxier proxier, NodeTables tables) in _proxies)
        {
            proxier.Sync(tables.Restore);
            if (tables.LastError is { } error)
            {
                return new CaseFailure("a payload is refused", $"{tables.Host.Name}: {error}");
            }
        }
        return CompareText(step, topology);
    }

    private static void Apply(KubeProxier proxier, KubeObject read, bool removes)
    {
        switch (read)
        {
            case Service service:
                _ = removes ? proxier.Remove(service) : proxier.Apply(service);
                break;
            case EndpointSlice slice:
                _ = removes ? proxier.Remove(slice) : proxier.Apply(slice);
                break;
            default:
                throw new FormatException($"unknown event about {read}");
        }
    }

    // Policies and the chains by which kubelet and kube-proxy notice a flush do not come from payloads.
    private static void Prepare(NetworkNamespace host, string program, string recorded)
    {
        IptablesShell shell = new(host);
        string table = "";
        foreach (string line in recorded.Split('\n'))
        {
            table = line.StartsWith('*') ? line[1..] : table;
            string[] words = line.Split(' ');
            if (line.StartsWith(':') && words[1] == "DROP")
            {
                shell.Execute([program, "-t", table, "-P", words[0][1..], "DROP"]);
            }
            if (line.StartsWith(':') && words[0].EndsWith("-CANARY", StringComparison.Ordinal))
            {
                shell.Execute([program, "-t", table, "-N", words[0][1..]]);
            }
        }
    }

    private static SortedDictionary<string, string> Tables(string text)
    {
        SortedDictionary<string, string> tables = new(StringComparer.Ordinal);
        foreach (string part in text.Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries))
        {
            tables[part.Split('\n')[0]] = PolicyCounters().Replace(part, "[0:0]");
        }
        return tables;
    }

    private void Start(JsonElement step, ClusterTopology topology)
    {
        foreach (JsonProperty node in root.GetProperty("kubeProxy").EnumerateObject())
        {
            foreach (JsonProperty family in node.Value.EnumerateObject())
            {
                KubeProxierSettings settings = KubeCaseSettings.Read(family.Value);
                KubeProxier proxier = new(settings, topology.Clock, NodeObject(node.Name));
                NodeTables tables = new(topology[node.Name], settings.Family);
                string program = settings.Family == IPFamily.IPv4 ? "iptables" : "ip6tables";
                Prepare(tables.Host, program, Recorded(step, node.Name, family.Name));
                _proxies.Add((proxier, tables));
            }
        }
    }

    private string Recorded(JsonElement step, string node, string family) =>
        root.GetProperty("ruleSets").GetProperty(step.GetProperty("rules").GetProperty(node).GetProperty(family).GetString()!).GetString()!;

    private Node NodeObject(string name)
    {
        ValueMap labels = default;
        if (root.TryGetProperty("nodeLabels", out JsonElement all) && all.TryGetProperty(name, out JsonElement own))
        {
            labels = ValueMap.Of(own.EnumerateObject().Select(label => KeyValuePair.Create(label.Name, label.Value.GetString()!)));
        }
        return new Node { Metadata = new ObjectMeta { Name = name, Labels = labels } };
    }

    // What stands in the node must be what stood there, to the byte, table by table.
    private CaseFailure? CompareText(JsonElement step, ClusterTopology topology)
    {
        foreach ((KubeProxier proxier, NodeTables tables) in _proxies)
        {
            string family = proxier.Settings.Family.ToString();
            var recorded = Tables(Recorded(step, tables.Host.Name, family));
            var found = Tables(topology[tables.Host.Name].Save(
                family: family == "IPv4" ? Addressing.IpFamily.IPv4 : Addressing.IpFamily.IPv6));
            foreach ((string table, string text) in recorded)
            {
                if (!found.TryGetValue(table, out string? here) || here != text)
                {
                    return new CaseFailure(
                        "rules differ",
                        $"{tables.Host.Name}, {family}: {table} differs\n{KubeCaseExpectations.Lists(table, text.Split('\n'), (here ?? "").Split('\n'))}");
                }
            }
        }
        return null;
    }

    [GeneratedRegex("\\[[0-9]+:[0-9]+\\]$", RegexOptions.Multiline)]
    private static partial Regex PolicyCounters();
}
