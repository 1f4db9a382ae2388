using System.Text.Json;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>
/// Clusters of network namespaces in which real connections were recorded, one a file. Each is played with the rules that
/// were loaded then, and with those that the simulated kube-proxies write.
/// </summary>
public sealed class ClusterKind : ICaseKind
{
    /// <inheritdoc/>
    public string Name => "cluster";

    /// <inheritdoc/>
    public bool Holds(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        yield return new ConformanceCase($"cluster/{file.Group}", file.Stem, () => Play(file));
    }

    private static CaseFailure? Play(CaseFile file)
    {
        using JsonDocument document = JsonDocument.Parse(file.Read());
        JsonElement root = document.RootElement;
        CaseFailure? failure = new ClusterPlayer(root, new RecordedRules(root)).Play();
        return failure ?? (new ClusterPlayer(root, new GeneratedRules(root)).Play() is { } other
            ? new CaseFailure($"generated rules: {other.Cause}", $"with generated rules: {other.Reason}")
            : null);
    }
}
