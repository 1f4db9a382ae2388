using System.IO.Compression;

namespace Netfilter.Sim.Kubernetes.Tests;

/// <summary>Finds recorded data in the repository the tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string KindManifest(string name) => File.ReadAllText(KindPath("manifests", name));

    public static string KindRules(string node, string step) => File.ReadAllText(KindPath("rules", node, step + ".rules"));

    /// <summary>The cases of <c>tests/cases/kube.zip</c>, read in place.</summary>
    public static IEnumerable<(string Name, string Json)> KubeCases()
    {
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(Root, "tests", "cases", "kube.zip"));
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            yield return (entry.FullName, reader.ReadToEnd());
        }
    }

    private static string KindPath(params string[] parts) =>
        Path.Combine([Root, "samples", "KindCluster", "data", .. parts]);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Netfilter.Sim.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository of these tests is gone.");
    }
}
