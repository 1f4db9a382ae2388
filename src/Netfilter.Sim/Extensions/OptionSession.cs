using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// One use of an extension while its options are read: the generic checks around the extension's own
/// (<c>libxtables/xtoptions.c xtables_option_parse</c>, <c>xtables_option_mfcall</c>).
/// </summary>
internal sealed class OptionSession(
    ExtensionDeclaration extension, Func<RuleFacts> rule, RuleEnvironment environment, Action<string> warn)
{
    public ExtensionDeclaration Extension { get; } = extension;

    public OptionValues Values { get; } = new(extension, rule, environment, warn);

    /// <summary>Takes one option.</summary>
    /// <param name="option">The option.</param>
    /// <param name="argument">The word after it; null when it takes none.</param>
    /// <param name="isInverted">Whether <c>!</c> stood before it.</param>
    /// <param name="peek">Shows the next word.</param>
    /// <param name="take">Consumes it.</param>
    public void Meet(OptionSpec option, string? argument, bool isInverted, Func<string?>? peek = null, Action? take = null)
    {
        if (!option.Repeatable && Values.Has(option.Name))
        {
            throw Error($"option \"--{option.Name}\" can only be used once.");
        }
        if (isInverted && !option.Invertible)
        {
            throw Error($"option \"--{option.Name}\" cannot be inverted.");
        }
        OptionCall call = new(Extension, option, argument, isInverted, Values) { PeekWord = peek, TakeWord = take };
        call.Value = OptionConverter.Convert(call);
        Values.Set(option.Name, option.Parse is null ? call.Value : option.Parse(call), isInverted);
    }

    /// <summary>The tool's checks when the command line has ended: the extension's own first, then those stated as data.</summary>
    public void Finish()
    {
        Extension.FinalCheck?.Invoke(Values);
        foreach (OptionSpec option in Extension.Options)
        {
            if (!Values.Has(option.Name))
            {
                if (option.Required)
                {
                    throw Error($"option \"--{option.Name}\" must be specified");
                }
                continue;
            }
            foreach (OptionSpec other in Extension.Options)
            {
                CheckPair(option, other.Name);
            }
        }
    }

    public Match BuildMatch() => ((MatchDeclaration)Extension).Build(Values);

    public ExtensionTarget BuildTarget() => ((TargetDeclaration)Extension).Build(Values);

    private void CheckPair(OptionSpec option, string other)
    {
        if (string.Equals(other, option.Name, StringComparison.Ordinal))
        {
            return;
        }
        if (option.Excludes.Contains(other) && Values.Has(other))
        {
            throw Error($"option \"--{option.Name}\" cannot be used together with \"--{other}\".");
        }
        if (option.AlsoRequires.Contains(other) && !Values.Has(other))
        {
            throw Error($"option \"--{option.Name}\" also requires \"--{other}\".");
        }
    }

    // The tool's own texts end with a line feed, which makes an empty line on stderr.
    private IptablesException Error(string message) => OptionCall.Error($"{Extension.Name}: {message}\n");
}
