using System.Runtime.CompilerServices;

namespace Netfilter.Sim.Tests.Tracing;

/// <summary>Expected texts beside their tests. <c>UPDATE_GOLDEN=1 dotnet test</c> writes them anew, to be read before they are committed.</summary>
internal static class GoldenFile
{
    public static void ShouldHold(string name, string text, [CallerFilePath] string testFile = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(testFile)!, "Golden", name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }
        text.ShouldBe(File.ReadAllText(path));
    }
}
