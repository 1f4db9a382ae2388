using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>One step of a case: its events, its sync, its expectations.</summary>
internal sealed class KubeCaseStep(
    KubeProxier proxier, TextTables tables, CaseClock time, JsonElement step, JsonElement caseConfig,
    List<RestorePayload> payloads, KubeCaseEngine? engine, Action<ProxySync, TextTables>? afterSync)
{
    private readonly JsonElement _expect = step.GetProperty("expect");

    public ProxySync? LastSync { get; private set; }

    public string? Run()
    {
        Prepare();
        ApplyEvents();
        string kind = _expect.GetProperty("kind").GetString()!;
        switch (kind)
        {
            case "sync":
                return Sync() ?? Views();
            case "servicePortMap" or "endpointsMap":
                return KubeCaseExpectations.Maps(_expect, proxier, proxier.AbsorbChanges()) ?? Views();
            default:
                return null;
        }
    }

    private void Prepare()
    {
        if (step.TryGetProperty("config", out JsonElement config) && config.EnumerateObject().Any())
        {
            proxier.Reconfigure(KubeCaseSettings.Apply(KubeCaseSettings.Read(caseConfig), config));
        }
        foreach (JsonElement edit in Items("before"))
        {
            string rule = edit.GetProperty("rule").GetString()!;
            string table = edit.GetProperty("table").GetString()!;
            string refusal = tables.Restore(["*" + table, rule, "COMMIT"]) ?? "";
            if (refusal.Length > 0)
            {
                throw new FormatException("before: " + refusal);
            }
        }
        if (step.TryGetProperty("elapsed", out JsonElement elapsed))
        {
            Elapse(elapsed, "secondsSinceLastFullSync", proxier.LastFullSync);
            Elapse(elapsed, "secondsSinceLastChainCleanup", proxier.LastChainCleanup);
        }
        if (step.TryGetProperty("forceFullSync", out JsonElement force) && force.GetBoolean())
        {
            proxier.ForceFullSync();
        }
    }

    private void Elapse(JsonElement elapsed, string name, DateTimeOffset? since)
    {
        if (elapsed.TryGetProperty(name, out JsonElement seconds))
        {
            time.MovePast(since, TimeSpan.FromSeconds(seconds.GetDouble()));
        }
    }

    private void ApplyEvents()
    {
        foreach (JsonElement item in Items("events"))
        {
            string op = item.GetProperty("op").GetString()!;
            bool removes = op.EndsWith("Delete", StringComparison.Ordinal);
            KubeObject read = ManifestReader.ReadOne<KubeObject>(item.GetProperty("object").GetRawText());
            switch (read)
            {
                case Service service:
                    _ = removes ? proxier.Remove(service) : proxier.Apply(service);
                    break;
                case EndpointSlice slice:
                    _ = removes ? proxier.Remove(slice) : proxier.Apply(slice);
                    break;
                case Node node:
                    proxier.Apply(node);
                    break;
                default:
                    throw new FormatException("unknown event " + op);
            }
        }
    }

    private string? Sync()
    {
        bool mustFail = _expect.TryGetProperty("restoreFails", out JsonElement failure);
        string? refusal = null;
        ProxySync sync = proxier.Sync(payload =>
        {
            refusal = tables.Restore(payload);
            return refusal is null;
        });
        LastSync = sync;
        payloads.Add(sync.Payload);
        afterSync?.Invoke(sync, tables);
        if (mustFail != refusal is not null)
        {
            return refusal is null ? "the restore was to be refused" : "the restore was refused: " + refusal;
        }
        if (mustFail && failure.GetString() != refusal)
        {
            return $"refused with {refusal}, expected {failure.GetString()}";
        }
        return KubeCaseExpectations.Sync(_expect, sync, tables, Items("conntrackEntries")) ?? EngineChecks();
    }

    private string? Views() => KubeCaseExpectations.Views(_expect, proxier);

    private string? EngineChecks()
    {
        if (engine?.CheckSave is { } checkSave && _expect.TryGetProperty("iptablesSave", out JsonElement save) &&
            checkSave(proxier.Settings, payloads, KubeCaseSettings.Texts(save)) is { } difference)
        {
            return "iptablesSave: " + difference;
        }
        if (engine?.CheckFlow is { } checkFlow && _expect.TryGetProperty("flows", out JsonElement flows))
        {
            ValueList<string> locals = KubeCaseSettings.Texts(_expect.GetProperty("flowLocalAddresses"));
            foreach (JsonElement flow in flows.EnumerateArray())
            {
                if (checkFlow(proxier.Settings, payloads, locals, flow) is { } wrong)
                {
                    return $"flow {flow.GetProperty("name").GetString()}: {wrong}";
                }
            }
        }
        return null;
    }

    private JsonElement[] Items(string name) =>
        step.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [];
}
