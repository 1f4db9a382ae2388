using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Plays a kube-proxy case: events into one proxier, its payloads into one set of tables.</summary>
/// <remarks>What needs a packet engine is left to <see cref="KubeCaseEngine"/>; without one it is not
/// checked.</remarks>
/// <param name="engine">The packet engine's checks, or null.</param>
/// <param name="afterSync">Called after every sync with the tables it left, or null.</param>
public sealed class KubeCaseRunner(KubeCaseEngine? engine = null, Action<ProxySync, TextTables>? afterSync = null)
{
    /// <summary>The last sync of the case played last; null before one.</summary>
    public ProxySync? LastSync { get; private set; }

    /// <summary>Plays a case.</summary>
    /// <param name="json">The text of the case file.</param>
    /// <returns>Null when everything is as expected, else the first difference.</returns>
    public string? Run(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return RunCase(document.RootElement);
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return problem.GetType().Name + ": " + problem.Message;
        }
    }

    private string? RunCase(JsonElement root)
    {
        JsonElement config = root.GetProperty("config");
        Node node = ManifestReader.ReadOne<Node>(root.GetProperty("node").GetRawText());
        var time = new CaseClock();
        var proxier = new KubeProxier(KubeCaseSettings.Read(config), time, node);
        var tables = new TextTables();
        List<RestorePayload> payloads = [];
        int number = 0;
        foreach (JsonElement step in root.GetProperty("steps").EnumerateArray())
        {
            var play = new KubeCaseStep(proxier, tables, time, step, config, payloads, engine, afterSync);
            string? difference = play.Run();
            LastSync = play.LastSync ?? LastSync;
            if (difference is not null)
            {
                return $"step {number}: {difference}";
            }
            number++;
        }
        return null;
    }
}
