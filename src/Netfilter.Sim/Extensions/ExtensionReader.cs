using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// Reads one use of an extension from words, options spelled in full: for code that makes rules without a whole command
/// line, and for tests.
/// </summary>
public static class ExtensionReader
{
    /// <summary>Reads a match.</summary>
    /// <param name="extension">The match.</param>
    /// <param name="words">The options, without <c>-m name</c>; <c>!</c> is a word of its own.</param>
    /// <param name="rule">Family, table and protocol of the rule.</param>
    /// <param name="environment">Names and objects outside the rule; null for the default.</param>
    /// <exception cref="IptablesException">The tool would refuse it.</exception>
    public static Match ReadMatch(
        MatchDeclaration extension, ReadOnlySpan<string> words, RuleFacts rule, RuleEnvironment? environment = null) =>
        Read(extension, words, rule, environment).BuildMatch();

    /// <summary>Reads a target, as <see cref="ReadMatch"/> does a match.</summary>
    /// <exception cref="IptablesException">The tool would refuse it.</exception>
    public static ExtensionTarget ReadTarget(
        TargetDeclaration extension, ReadOnlySpan<string> words, RuleFacts rule, RuleEnvironment? environment = null) =>
        Read(extension, words, rule, environment).BuildTarget();

    private static OptionSession Read(
        ExtensionDeclaration extension, ReadOnlySpan<string> words, RuleFacts rule, RuleEnvironment? environment)
    {
        ArgumentNullException.ThrowIfNull(extension);
        OptionSession session = new(extension, () => rule, environment ?? RuleEnvironment.Default, _ => { });
        string[] all = [.. words];
        bool isInverted = false;
        for (int i = 0; i < all.Length;)
        {
            string word = all[i++];
            if (word == "!")
            {
                isInverted = true;
                continue;
            }
            OptionSpec option = (word.StartsWith("--", StringComparison.Ordinal) ? extension.FindOption(word.AsSpan(2)) : null)
                ?? throw OptionCall.Error($"unknown option \"{word}\"");
            if (option.Kind != OptionKind.None && i == all.Length)
            {
                throw OptionCall.Error($"option \"{word}\" requires an argument");
            }
            string? argument = option.Kind == OptionKind.None ? null : all[i++];
            session.Meet(option, argument, isInverted, () => i < all.Length ? all[i] : null, () => i++);
            isInverted = false;
        }
        session.Finish();
        return session;
    }
}
