using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Runs the tables of rows extracted from upstream's unit tests; each row is one case.</summary>
/// <param name="caseByFileName">The text of a case file of the upstream folder, or null when it is not there.</param>
/// <param name="traceFlow">Walks a flow over the rules of a trace table and says the first difference or null; the rows
/// are not checked without it.</param>
public sealed class KubeTableRunner(
    Func<string, string?> caseByFileName,
    Func<IReadOnlyList<string>, IReadOnlyList<string>, JsonElement, string?>? traceFlow = null)
{
    /// <summary>Runs a table.</summary>
    /// <param name="name">The table's name, its file name without extension.</param>
    /// <param name="json">The text of the file.</param>
    public IReadOnlyList<KubeTableRow> Run(string name, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return name switch
        {
            "categorize-endpoints" => Each(root.GetProperty("cases"), "name", Categorize),
            "node-port-addresses" => Each(root.GetProperty("cases"), "name", NodePorts),
            "rule-counts" => Each(root.GetProperty("cases"), "case", RuleCount),
            "probability" => [.. Probabilities(root)],
            "cleanup-leftovers" => [new KubeTableRow("cleanup", true, Cleanup(root))],
            "trace-packet" => [.. Trace(root)],
            _ => throw new ArgumentException("unknown table " + name, nameof(name)),
        };
    }

    private static List<KubeTableRow> Each(JsonElement rows, string nameField, Func<JsonElement, string?> check) =>
        [.. rows.EnumerateArray().Select(row => new KubeTableRow(row.GetProperty(nameField).GetString()!, true, check(row)))];

    private static string? Categorize(JsonElement row)
    {
        JsonElement service = row.GetProperty("service");
        var port = new ServicePortInfo
        {
            Name = new ServicePortName(new NamespacedName("ns", "svc"), "p", TransportProtocol.Tcp),
            ClusterIP = "10.0.0.1",
            Port = 80,
            NodePort = service.GetProperty("nodePort").GetInt32(),
            ExternalPolicyLocal = service.GetProperty("externalTrafficPolicyLocal").GetBoolean(),
            InternalPolicyLocal = service.GetProperty("internalTrafficPolicyLocal").GetBoolean(),
        };
        string? zone = row.GetProperty("nodeLabels").TryGetProperty(Node.ZoneLabel, out JsonElement label)
            ? label.GetString()
            : null;
        EndpointSelection selection = EndpointSelection.Select(
            row.GetProperty("endpoints").EnumerateArray().Select(Endpoint).OrderBy(e => e.Text, StringComparer.Ordinal)
                .ToValueList(),
            port, row.GetProperty("nodeName").GetString()!, zone,
            row.GetProperty("preferSameTrafficDistribution").GetBoolean());
        JsonElement expect = row.GetProperty("expect");
        return Same("cluster", expect, selection.Cluster) ?? Same("local", expect, selection.Local) ??
            Same("reachable", expect, selection.Reachable) ??
            (expect.GetProperty("hasAnyEndpoints").GetBoolean() == selection.HasEndpoints ? null : "hasAnyEndpoints differs");
    }

    private static EndpointInfo Endpoint(JsonElement item)
    {
        string text = item.GetProperty("endpoint").GetString()!;
        return new EndpointInfo
        {
            Address = text[..text.LastIndexOf(':')],
            Text = text,
            IsLocal = item.GetProperty("local").GetBoolean(),
            IsReady = item.GetProperty("ready").GetBoolean(),
            IsServing = item.GetProperty("serving").GetBoolean(),
            IsTerminating = item.GetProperty("terminating").GetBoolean(),
            ZoneHints = Texts(item, "zoneHints"),
            NodeHints = Texts(item, "nodeHints"),
        };
    }

    private static ValueList<string> Texts(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement list) ? KubeCaseSettings.Texts(list) : default;

    private static string? Same(string name, JsonElement expect, ValueList<EndpointInfo> found) =>
        KubeCaseExpectations.Lists(name, Texts(expect, name), [.. found.AsEnumerable().Select(e => e.Text)]);

    private static string? NodePorts(JsonElement row)
    {
        var addresses = new NodePortAddresses(
            KubeCaseSettings.ReadFamily(row.GetProperty("ipFamily")), Texts(row, "nodePortAddresses"));
        JsonElement expect = row.GetProperty("expect");
        if (expect.GetProperty("matchAll").GetBoolean() != addresses.MatchesAll)
        {
            return "matchAll differs";
        }
        if (expect.GetProperty("containsIPv4Loopback").GetBoolean() != addresses.ContainsIPv4Loopback)
        {
            return "containsIPv4Loopback differs";
        }
        return KubeCaseExpectations.Lists(
            "nodeIPs", [.. Texts(expect, "nodeIPs").Order(StringComparer.Ordinal)],
            addresses.Choose(Texts(row, "nodeInterfaceAddresses")));
    }

    private string? RuleCount(JsonElement row)
    {
        string path = row.GetProperty("case").GetString()!;
        string file = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..]
            .Replace("_-_", "-", StringComparison.Ordinal).Replace('/', '-').Replace('_', '-') + ".json";
        if (caseByFileName(file) is not { } json)
        {
            return "the case file " + file + " is missing";
        }
        var runner = new KubeCaseRunner();
        if (runner.Run(json) is { } difference)
        {
            return difference;
        }
        ProxyRuleCounts counts = runner.LastSync!.Counts;
        (int filter, int nat) = (row.GetProperty("filterRules").GetInt32(), row.GetProperty("natRules").GetInt32());
        return counts.FilterRules == filter && counts.NatRulesTotal == nat
            ? null
            : $"expected {filter} and {nat} rules, found {counts.FilterRules} and {counts.NatRulesTotal}";
    }

    private static IEnumerable<KubeTableRow> Probabilities(JsonElement root)
    {
        foreach (JsonProperty row in root.GetProperty("table").EnumerateObject())
        {
            string found = EndpointShare.Format(int.Parse(row.Name, System.Globalization.CultureInfo.InvariantCulture));
            yield return new KubeTableRow(row.Name, true, found == row.Value.GetString() ? null : "found " + found);
        }
        string last = "";
        string? difference = null;
        for (int n = 100000; n >= 2; n--)
        {
            string next = EndpointShare.Format(n);
            difference ??= string.CompareOrdinal(last, next) < 0 ? null : $"{next} for {n} is not above {last}";
            last = next;
        }
        yield return new KubeTableRow("property", true, difference);
    }

    private static string? Cleanup(JsonElement root)
    {
        var tables = new TextTables();
        // The table's comments have no quotes, as upstream's fake prints them.
        if (tables.Restore(Texts(root, "before").AsEnumerable().Select(Unquoted)) is { } refusal)
        {
            return refusal;
        }
        foreach (JumpRule jump in KubeProxyCleanup.Jumps)
        {
            tables.DeleteRule(jump.Table, jump.From, Unquoted(jump.Specification));
        }
        string text = KubeProxyCleanup.RestoreText(tables.ChainNames);
        if (tables.Restore(text.TrimEnd('\n').Split('\n')) is { } refused)
        {
            return refused;
        }
        var wanted = new TextTables();
        wanted.Restore(Texts(root, "after").AsEnumerable().Select(Unquoted));
        foreach (string table in (string[])["filter", "nat", "mangle"])
        {
            if (KubeCaseExpectations.Lists(table, Describe(wanted, table), Describe(tables, table)) is { } difference)
            {
                return difference;
            }
        }
        return null;
    }

    private static List<string> Describe(TextTables tables, string table) =>
        [.. tables.ChainNames(table).SelectMany(chain => tables.RulesOf(table, chain)!.Prepend(":" + chain))];

    private static string Unquoted(string line) => line.Replace("\"", "", StringComparison.Ordinal);

    private IEnumerable<KubeTableRow> Trace(JsonElement root)
    {
        ValueList<string> rules = Texts(root, "rules");
        ValueList<string> locals = Texts(root, "flowLocalAddresses");
        foreach (JsonElement flow in root.GetProperty("flows").EnumerateArray())
        {
            string name = flow.GetProperty("name").GetString()!;
            yield return traceFlow is null
                ? new KubeTableRow(name, false, null)
                : new KubeTableRow(name, true, traceFlow(rules, locals, flow));
        }
    }
}
