using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Compares what a proxier did with the <c>expect</c> of a step.</summary>
internal static class KubeCaseExpectations
{
    public static string? Sync(JsonElement expect, ProxySync sync, TextTables tables, JsonElement[] conntrack) =>
        Same("sync", expect.GetProperty("sync").GetString(), sync.IsFull ? "full" : "partial") ??
        Same("largeClusterMode", expect.GetProperty("largeClusterMode").GetBoolean(), sync.IsLargeCluster) ??
        Restore(expect, sync) ??
        UpstreamText(expect, sync) ??
        ChainsAfter(expect, tables) ??
        ChainRules(expect, tables) ??
        RuleCounts(expect, sync.Counts) ??
        Conntrack(expect, sync, conntrack) ??
        Origins(sync);

    public static string? Maps(JsonElement expect, KubeProxier proxier, ProxyChanges changes)
    {
        if (expect.TryGetProperty("servicePorts", out JsonElement ports) &&
            Lists(
                "servicePorts",
                [.. ports.EnumerateArray().Select(port => port.GetString()!)],
                [.. proxier.ServicePorts.Select(port => port.Name.ToString()).Order(StringComparer.Ordinal)])
                is { } difference)
        {
            return difference;
        }
        if (expect.TryGetProperty("endpoints", out JsonElement endpoints))
        {
            List<string> wanted = [];
            foreach (JsonProperty port in endpoints.EnumerateObject())
            {
                wanted.AddRange(port.Value.EnumerateArray().Select(e => $"{port.Name} {e.GetString()}"));
            }
            IEnumerable<string> found =
                from pair in proxier.Endpoints
                from endpoint in pair.Value.AsEnumerable()
                select $"{pair.Key} {endpoint.Text}{(endpoint.IsLocal ? " local" : "")}";
            if (Lists(
                "endpoints", [.. wanted.Order(StringComparer.Ordinal)], [.. found.Order(StringComparer.Ordinal)])
                is { } wrong)
            {
                return wrong;
            }
        }
        return expect.TryGetProperty("conntrackCleanupRequired", out JsonElement required)
            ? Same("conntrackCleanupRequired", required.GetBoolean(), changes.ConntrackCleanupRequired)
            : null;
    }

    public static string? Views(JsonElement expect, KubeProxier proxier) =>
        Numbers(expect, "healthCheckNodePorts", proxier.HealthCheckNodePorts) ??
        Numbers(expect, "localReadyEndpoints", proxier.LocalReadyEndpoints) ??
        Numbers(
            expect, "healthCheckLocalEndpoints",
            proxier.LocalReadyEndpoints.Where(pair => proxier.HealthCheckNodePorts.ContainsKey(pair.Key)).ToDictionary());

    private static string? Restore(JsonElement expect, ProxySync sync) => Lists(
        "restore", [.. expect.GetProperty("restore").EnumerateArray().Select(line => line.GetString()!)],
        sync.Payload.Lines);

    private static string? UpstreamText(JsonElement expect, ProxySync sync) =>
        expect.TryGetProperty("upstreamSortedText", out JsonElement text)
            ? Lists(
                "upstreamSortedText", [.. text.EnumerateArray().Select(line => line.GetString()!)],
                UpstreamOrder.Sort(sync.Payload.Lines))
            : null;

    private static string? ChainsAfter(JsonElement expect, TextTables tables)
    {
        if (!expect.TryGetProperty("chainsAfter", out JsonElement chains))
        {
            return null;
        }
        foreach (JsonProperty table in chains.EnumerateObject())
        {
            string[] wanted = [.. table.Value.EnumerateArray().Select(name => name.GetString()!)];
            if (Lists("chainsAfter " + table.Name, wanted, tables.ChainNames(table.Name)) is { } difference)
            {
                return difference;
            }
        }
        return null;
    }

    private static string? ChainRules(JsonElement expect, TextTables tables)
    {
        if (!expect.TryGetProperty("chainRules", out JsonElement chains))
        {
            return null;
        }
        foreach (JsonElement item in chains.EnumerateArray())
        {
            string chain = item.GetProperty("chain").GetString()!;
            string[] wanted = [.. item.GetProperty("rules").EnumerateArray().Select(rule => rule.GetString()!)];
            IReadOnlyList<string> found = tables.RulesOf(item.GetProperty("table").GetString()!, chain) ?? [];
            if (Lists("chainRules " + chain, wanted, found) is { } difference)
            {
                return difference;
            }
        }
        return null;
    }

    private static string? RuleCounts(JsonElement expect, ProxyRuleCounts counts)
    {
        if (!expect.TryGetProperty("ruleCounts", out JsonElement wanted))
        {
            return null;
        }
        foreach (JsonProperty count in wanted.EnumerateObject())
        {
            int found = count.Name switch
            {
                "filterRules" => counts.FilterRules,
                "natRulesLastSync" => counts.NatRulesLastSync,
                "natRulesTotal" => counts.NatRulesTotal,
                "totalEndpoints" => counts.TotalEndpoints,
                "noLocalEndpointsInternal" => counts.NoLocalEndpointsInternal,
                "noLocalEndpointsExternal" => counts.NoLocalEndpointsExternal,
                _ => throw new FormatException("unknown count " + count.Name),
            };
            if (Same("ruleCounts." + count.Name, count.Value.GetInt32(), found) is { } difference)
            {
                return difference;
            }
        }
        return null;
    }

    private static string? Conntrack(JsonElement expect, ProxySync sync, JsonElement[] entries)
    {
        if (expect.TryGetProperty("conntrackCleanupRan", out JsonElement ran) &&
            Same("conntrackCleanupRan", ran.GetBoolean(), sync.ConntrackCleanup is not null) is { } difference)
        {
            return difference;
        }
        if (!expect.TryGetProperty("conntrackDeleted", out JsonElement deleted))
        {
            return null;
        }
        List<string> found = [];
        for (int i = 0; i < entries.Length; i++)
        {
            if (sync.ConntrackCleanup?.ShouldDelete(Flow(entries[i])) == true)
            {
                found.Add($"{i}");
            }
        }
        return Lists("conntrackDeleted", [.. deleted.EnumerateArray().Select(index => index.GetRawText())], found);
    }

    private static ConntrackFlow Flow(JsonElement entry) => new(
        Enum.Parse<TransportProtocol>(entry.GetProperty("protocol").GetString()!, ignoreCase: true),
        entry.GetProperty("origDst").GetString()!,
        entry.GetProperty("origDstPort").GetInt32(),
        entry.GetProperty("replySrc").GetString()!,
        entry.GetProperty("replySrcPort").GetInt32());

    // The rules with origins must be the rules of the text, or origins would lie.
    private static string? Origins(ProxySync sync) => Lists(
        "rules with origin",
        [.. sync.Payload.Lines.Where(line => line.StartsWith("-A ", StringComparison.Ordinal))],
        [.. sync.Payload.Rules().Select(rule => rule.Text)]);

    private static string? Numbers(
        JsonElement expect, string name, IReadOnlyDictionary<NamespacedName, int> found)
    {
        if (!expect.TryGetProperty(name, out JsonElement wanted))
        {
            return null;
        }
        return Lists(
            name,
            [.. wanted.EnumerateObject().Select(pair => $"{pair.Name}={pair.Value}").Order(StringComparer.Ordinal)],
            [.. found.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal)]);
    }

    internal static string? Lists(string what, IReadOnlyList<string> wanted, IReadOnlyList<string> found)
    {
        for (int i = 0; i < Math.Max(wanted.Count, found.Count); i++)
        {
            string want = i < wanted.Count ? wanted[i] : "(nothing)";
            string have = i < found.Count ? found[i] : "(nothing)";
            if (want != have)
            {
                return $"{what}[{i}]: expected {want}, found {have}";
            }
        }
        return null;
    }

    private static string? Same<T>(string what, T wanted, T found) =>
        EqualityComparer<T>.Default.Equals(wanted, found) ? null : $"{what}: expected {wanted}, found {found}";
}
