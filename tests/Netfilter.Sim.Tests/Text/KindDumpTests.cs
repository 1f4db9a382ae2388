using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Text;

/// <summary>The twenty dumps of the four-node cluster, as iptables-save printed them.</summary>
public sealed class KindDumpTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "rules");

    public static TheoryData<string> Dumps() => [.. Directory.EnumerateFiles(Root, "*.rules", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Dumps))]
    public void Parse_DumpOfANode_PrintsTheSameBytes(string dump)
    {
        string text = Content(dump);
        Ruleset.Parse(text).ToText().ShouldBe(text);
    }

    [Theory]
    [MemberData(nameof(Dumps))]
    public void Restore_DumpOfANode_IsSavedWithItsTablesReversed(string dump)
    {
        string text = Content(dump);
        NetworkNamespace node = new("node");
        node.Restore(text);
        Tables(node.Save()).ShouldBe(Tables(text).Reverse());
    }

    [Fact]
    public void Dumps_OfTheCluster_AreTwenty() => Directory.EnumerateFiles(Root, "*.rules", SearchOption.AllDirectories).Count().ShouldBe(20);

    // Comment lines hold version and date.
    private static string Content(string dump) => string.Concat(File.ReadLines(Path.Combine(Root, dump))
        .Where(line => !line.StartsWith('#')).Select(line => line + "\n"));

    private static string[] Tables(string text) => text.Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries);
}
