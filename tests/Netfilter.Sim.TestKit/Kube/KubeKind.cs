using System.Text;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Cases of kube-proxy's output: one a file, or, in a folder <c>tables</c>, one a row.</summary>
public sealed class KubeKind : ICaseKind
{
    private const string TableFolder = "tables";

    public string Name => "kube";

    public bool Holds(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        string family = $"kube/{file.Folder}";
        if (file.Folder != TableFolder)
        {
            return [new ConformanceCase(family, file.Stem, () => Failure(new KubeCaseRunner(new KubeWalks().Engine).Run(Text(file.Read()))))];
        }
        var runner = new KubeTableRunner(name => file.TryReadSibling($"../upstream/{name}") is { } found ? Text(found) : null, KubeWalks.Trace);
        return runner.Run(file.Stem, Text(file.Read())).Select(row => new ConformanceCase(
            family,
            $"{file.Stem} {row.Name}",
            () => row.IsChecked ? Failure(row.Difference) : throw new NotModelledException($"the table {file.Stem}")));
    }

    private static CaseFailure? Failure(string? difference) => difference is null ? null : new CaseFailure(difference);

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
