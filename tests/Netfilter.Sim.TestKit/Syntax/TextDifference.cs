using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Compares printed text and names the first line that differs.</summary>
internal static class TextDifference
{
    /// <summary>Null when the texts are the same.</summary>
    public static CaseFailure? Of(string what, string? expected, string? actual)
    {
        expected ??= "";
        actual ??= "";
        if (string.Equals(expected, actual, StringComparison.Ordinal))
        {
            return null;
        }
        string[] wanted = expected.Split('\n'), got = actual.Split('\n');
        int line = 0;
        while (line < wanted.Length && line < got.Length && wanted[line] == got[line])
        {
            line++;
        }
        string Show(string[] lines) => line < lines.Length ? $"\"{lines[line]}\"" : "the end";
        return new CaseFailure($"{what}, line {line + 1}: expected {Show(wanted)}, got {Show(got)}");
    }
}
