namespace Netfilter.Sim.Extensions;

/// <summary>One option as it was met on a command line (<c>struct xt_option_call</c>).</summary>
public sealed class OptionCall
{
    internal OptionCall(ExtensionDeclaration extension, OptionSpec option, string? argument, bool isInverted, OptionValues values)
    {
        Extension = extension;
        Option = option;
        Argument = argument ?? "";
        IsInverted = isInverted;
        Values = values;
    }

    /// <summary>The extension.</summary>
    public ExtensionDeclaration Extension { get; }

    /// <summary>The option.</summary>
    public OptionSpec Option { get; }

    /// <summary>The word after the option; empty when it takes none.</summary>
    public string Argument { get; }

    /// <summary>Whether <c>!</c> stood before it.</summary>
    public bool IsInverted { get; }

    /// <summary>What <see cref="OptionSpec.Kind"/> made of the argument.</summary>
    public object? Value { get; internal set; }

    /// <summary>The options met before this one; callbacks may keep things of their own there.</summary>
    public OptionValues Values { get; }

    /// <summary>Family, table and protocol of the rule so far.</summary>
    public RuleFacts Rule => Values.Rule;

    /// <summary>Names and objects outside the rule.</summary>
    public RuleEnvironment Environment => Values.Environment;

    internal Func<string?>? PeekWord { get; init; }

    internal Action? TakeWord { get; init; }

    /// <summary>The next word of the command line, left in place; null at its end. For options with two values.</summary>
    public string? Peek() => PeekWord?.Invoke();

    /// <summary>Consumes the word that <see cref="Peek"/> showed.</summary>
    public void Take() => TakeWord?.Invoke();

    /// <summary>Makes the error that ends the command with exit code 2.</summary>
    /// <param name="message">iptables' words after its own name; a final line feed where the tool has one too many.</param>
    public static IptablesException Error(string message) => new(IptablesExit.ParameterProblem, message);
}
