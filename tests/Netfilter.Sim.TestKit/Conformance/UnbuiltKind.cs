namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>A kind whose player is not built yet: its cases are counted and fail.</summary>
internal sealed class UnbuiltKind(string name) : ICaseKind
{
    public string Name => name;

    public bool Holds(string path) => path.EndsWith(".json", StringComparison.Ordinal)
        || path.EndsWith(".jsonl", StringComparison.Ordinal)
        || path.EndsWith(".iptables", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        int count = file.Path.EndsWith(".jsonl", StringComparison.Ordinal) ? file.Read().Count(b => b == '\n') : 1;
        string family = $"{name}/{(count > 1 ? file.Stem : file.Group)}";
        for (int i = 0; i < count; i++)
        {
            string caseName = count > 1 ? $"{file.Stem}:{i + 1}" : file.Stem;
            yield return new ConformanceCase(family, caseName, () => throw new NotModelledException($"{name} cases"));
        }
    }
}
