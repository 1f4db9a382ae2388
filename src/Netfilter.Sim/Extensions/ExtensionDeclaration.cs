using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// What an extension states of itself as data (D5): parser, generic checks, help, reference page and generators follow
/// from it. Printing, the kernel's check and the evaluator stand beside it, in the record that <c>Build</c> makes.
/// </summary>
public abstract class ExtensionDeclaration
{
    /// <summary>The name after <c>-m</c> or <c>-j</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name in the target column of <c>-L</c>, where it is another than <see cref="Name"/>.</summary>
    public string? ListName { get; init; }

    /// <summary>One sentence for the reference page and the help.</summary>
    public required string Summary { get; init; }

    /// <summary>Where the behaviour comes from: kernel file and userland extension.</summary>
    public required string Source { get; init; }

    /// <summary>The family it exists for; null for both.</summary>
    public IpFamily? OnlyFamily { get; init; }

    /// <summary>The table it may stand in; null for all.</summary>
    public string? OnlyTable { get; init; }

    /// <summary>The hooks it may be reached from; EINVAL from any other.</summary>
    public Hooks Hooks { get; init; } = Hooks.All;

    /// <summary>The protocol that the rule must be for, not inverted (EINVAL otherwise); null for any.</summary>
    public byte? RequiredProtocol { get; init; }

    /// <summary>The revision that the recorded tool and kernel agree on.</summary>
    public int Revision { get; init; }

    /// <summary>
    /// Bytes of its record in the kernel's rules, padded as <c>XT_ALIGN</c> does: the structure of <see cref="Revision"/> on a
    /// 64-bit machine. 0 when it has none.
    /// </summary>
    public int KernelBytes { get; init; }

    /// <summary>The bytes in IPv6 rules, where they are others; null otherwise.</summary>
    public int? KernelBytesV6 { get; init; }

    /// <summary>The name that the kernel's rules have, where it is another than <see cref="Name"/>.</summary>
    public string? KernelName { get; init; }

    /// <summary>Whether the kernel has it; when not, the tool warns at once and the rule is refused (ENOENT).</summary>
    public bool InKernel { get; init; } = true;

    /// <summary>
    /// What of it is not modelled, in a few words; null when all is. Uses of which it is known say so themselves
    /// (<see cref="Match.NotModelled"/>, <see cref="ExtensionTarget.NotModelled"/>); packets that come to it end unknown.
    /// </summary>
    public string? NotModelled { get; init; }

    /// <summary>The options, in the order of the tool's own table.</summary>
    public ImmutableArray<OptionSpec> Options { get; init; } = [];

    /// <summary>
    /// The tool's final check of one use, before the generic one of <see cref="OptionSpec.Required"/>,
    /// <see cref="OptionSpec.Excludes"/> and <see cref="OptionSpec.AlsoRequires"/>; throws <see cref="IptablesException"/>.
    /// </summary>
    public Action<OptionValues>? FinalCheck { get; init; }

    /// <summary>
    /// Writes the words of a random valid use for property tests, without <c>-m name</c>; null to derive them from the
    /// options.
    /// </summary>
    public Func<ISampleSource, IReadOnlyList<string>>? Sample { get; init; }

    /// <summary>Base options that a generated rule needs, for example <c>-p tcp</c>; derived from <see cref="RequiredProtocol"/> when empty.</summary>
    public ImmutableArray<string> SampleBase { get; init; } = [];

    /// <summary>Whether it exists for a family.</summary>
    public bool IsFor(IpFamily family) => OnlyFamily is null || OnlyFamily == family;

    /// <summary>The option of a name or alias, spelled in full; null when there is none.</summary>
    public OptionSpec? FindOption(ReadOnlySpan<char> name)
    {
        foreach (OptionSpec option in Options)
        {
            if (name.SequenceEqual(option.Name))
            {
                return option;
            }
            foreach (string alias in option.Aliases)
            {
                if (name.SequenceEqual(alias))
                {
                    return option;
                }
            }
        }
        return null;
    }

    /// <summary>The checks that the kernel makes for every extension (<c>xt_check_match</c>, <c>xt_check_target</c>).</summary>
    internal KernelErrno CheckPlace(in RuleCheck check)
    {
        if (!InKernel || !IsFor(check.Family))
        {
            return KernelErrno.NoEntry;
        }
        bool fits = (OnlyTable is null || OnlyTable == check.Table.Name)
            && (check.Hooks & ~Hooks) == 0
            && (RequiredProtocol is not { } protocol || check.Is(protocol));
        return fits ? KernelErrno.None : KernelErrno.Invalid;
    }
}

/// <summary>The declaration of a match.</summary>
public sealed class MatchDeclaration : ExtensionDeclaration
{
    /// <summary>Makes the record that the kernel would hold, after all checks of the tool.</summary>
    public required Func<OptionValues, Match> Build { get; init; }

    /// <summary>
    /// A short cut for large dumps: reads the options in the very form in which <see cref="Match.Save"/> writes them, or gives
    /// null, so that they are read in the usual way. Null when there is none.
    /// </summary>
    public Func<ReadOnlySpan<char>, Match?>? ReadSaved { get; init; }
}

/// <summary>The declaration of a target.</summary>
public sealed class TargetDeclaration : ExtensionDeclaration
{
    /// <summary>Makes the record that the kernel would hold, after all checks of the tool.</summary>
    public required Func<OptionValues, ExtensionTarget> Build { get; init; }

    /// <summary>
    /// A short cut for large dumps: reads the options in the very form in which <see cref="ExtensionTarget.Save"/> writes
    /// them, or gives null, so that they are read in the usual way. Null when there is none.
    /// </summary>
    public Func<ReadOnlySpan<char>, RuleFacts, ExtensionTarget?>? ReadSaved { get; init; }
}
