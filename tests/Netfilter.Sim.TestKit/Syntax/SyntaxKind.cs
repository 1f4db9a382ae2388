using System.Text;
using System.Text.Json;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Single commands with what the tool printed, one JSON object a line.</summary>
public sealed class SyntaxKind : ICaseKind
{
    public string Name => "syntax";

    public bool Holds(string path) => path.EndsWith(".jsonl", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        string family = $"syntax/{file.Group}";
        foreach (string line in Encoding.UTF8.GetString(file.Read()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            SyntaxCase recorded = SyntaxCase.Parse(json.RootElement);
            yield return new ConformanceCase(family, $"{file.Stem}/{recorded.Id}", () => new SyntaxPlayer(recorded).Play())
            {
                Detail = $"syntax/{file.Stem}",
            };
        }
    }
}
