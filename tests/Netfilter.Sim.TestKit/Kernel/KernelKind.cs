using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Cases recorded from a real kernel, one a file.</summary>
public sealed class KernelKind : ICaseKind
{
    public string Name => "kernel";

    public bool Holds(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        string family = $"kernel/{file.Folder}";
        yield return new ConformanceCase(family, file.Stem, () => new KernelPlayer(KernelCase.Parse(file.Read())).Play())
        {
            Detail = $"{family}/{file.Group}",
        };
    }
}
