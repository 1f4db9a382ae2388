using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Recognises that a case fails only because an extension is not built yet.</summary>
internal static class MissingExtension
{
    /// <summary>The first match or target among words that the library does not have although the record's tool had it.</summary>
    /// <param name="words">The words of a command, or of a whole dump.</param>
    /// <param name="family">The family.</param>
    /// <param name="expectedError">The recorded error: what it says could not be loaded is not missing.</param>
    public static string? In(IReadOnlyList<string> words, IpFamily family, string? expectedError)
    {
        for (int i = 0; i + 1 < words.Count; i++)
        {
            string name = words[i + 1];
            bool isMatch = words[i] == "-m" && ExtensionRegistry.Default.FindMatch(name, family) is null;
            bool isTarget = words[i] == "-j" && name.All(char.IsAsciiLetterUpper)
                && name is not "ACCEPT" and not "DROP" and not "QUEUE" and not "RETURN"
                && ExtensionRegistry.Default.FindTarget(name, family) is null;
            if ((isMatch || isTarget) && expectedError?.Contains($"`{name}'", StringComparison.Ordinal) != true)
            {
                return $"{(isMatch ? "match" : "target")} {name}";
            }
        }
        return null;
    }
}
