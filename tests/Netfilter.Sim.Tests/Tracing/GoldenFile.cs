using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Tests.Tracing;

/// <summary>Expected texts beside their tests. <c>UPDATE_GOLDEN=1 dotnet test</c> writes them anew, to be read before they are committed.</summary>
internal static class GoldenFile
{
    public static void ShouldHold(string name, string text)
    {
        // Not [CallerFilePath]: a deterministic build writes no real paths.
        string tests = Path.GetDirectoryName(CaseFolder.Find())!;
        string path = Path.Combine(tests, "Netfilter.Sim.Tests", "Tracing", "Golden", name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }
        text.ShouldBe(File.ReadAllText(path));
    }
}
