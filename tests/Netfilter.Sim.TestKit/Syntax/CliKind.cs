using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Sessions of commands, one a file: state carries over between steps.</summary>
public sealed class CliKind : ICaseKind
{
    public string Name => "cli";

    public bool Holds(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    public IEnumerable<ConformanceCase> Read(CaseFile file)
    {
        yield return new ConformanceCase("cli/session", file.Stem, () => Play(file.Read()))
        {
            Detail = $"cli/{file.Group}",
        };
    }

    private static CaseFailure? Play(byte[] bytes)
    {
        using JsonDocument json = JsonDocument.Parse(bytes);
        IptablesShell shell = new(new NetworkNamespace("session"));
        int number = 0;
        foreach (JsonElement step in json.RootElement.GetProperty("steps").EnumerateArray())
        {
            number++;
            string[] words = step.Texts("argv");
            ShellResult result = shell.Execute(words, step.Text("stdin") ?? "");
            string what = $"step {number}, {string.Join(' ', words)}";
            CaseFailure? failure = TextDifference.Of($"{what}: stderr", step.Text("stderr"), result.Stderr)
                ?? TextDifference.Of($"{what}: stdout", step.Text("stdout"), RecordedText.WithoutDates(result.Stdout))
                ?? TextDifference.Of($"{what}: exit", $"{step.GetProperty("exit").GetInt32()}", $"{result.ExitCode}");
            if (failure is not null)
            {
                IpFamily family = words[0].StartsWith("ip6", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
                string[] all = [.. words, .. (step.Text("stdin") ?? "").Split(' ', '\n')];
                return MissingExtension.In(all, family, step.Text("stderr")) is { } missing
                    ? new CaseFailure($"not modelled: {missing}", $"{what}: not modelled: {missing}")
                    : failure;
            }
        }
        return null;
    }
}
