using System.Collections.Immutable;

namespace Netfilter.Sim.Extensions;

/// <summary>One option of an extension, as data (<c>struct xt_option_entry</c>).</summary>
/// <param name="name">The name without dashes; messages use it even when an alias was typed.</param>
/// <param name="kind">What follows it.</param>
public sealed class OptionSpec(string name, OptionKind kind = OptionKind.None)
{
    /// <summary>The name without dashes; messages use it even when an alias was typed.</summary>
    public string Name { get; } = name;

    /// <summary>What follows it.</summary>
    public OptionKind Kind { get; } = kind;

    /// <summary>Other long names of the same option.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];


    /// <summary>Least number allowed.</summary>
    public ulong Min { get; init; }

    /// <summary>Greatest number allowed; 0 for the greatest of the kind.</summary>
    public ulong Max { get; init; }

    /// <summary>Least length of a text in bytes; 0 for any.</summary>
    public int MinBytes { get; init; }

    /// <summary>Greatest length of a text in bytes; 0 for any. A longer one is refused.</summary>
    public int MaxBytes { get; init; }

    /// <summary>Bytes of a text that are kept; 0 for all. A longer one is cut silently.</summary>
    public int KeptBytes { get; init; }

    /// <summary>Most components of a range.</summary>
    public int MaxComponents { get; init; } = 2;

    /// <summary>Whether <see cref="Parse"/> takes a second word after the first.</summary>
    public bool TakesTwoWords { get; init; }

    /// <summary>Whether <c>!</c> may stand before it (<c>XTOPT_INVERT</c>).</summary>
    public bool Invertible { get; init; }

    /// <summary>Whether it must be there (<c>XTOPT_MAND</c>).</summary>
    public bool Required { get; init; }

    /// <summary>Whether it may be there more than once (<c>XTOPT_MULTI</c>).</summary>
    public bool Repeatable { get; init; }

    /// <summary>Names of options that it cannot stand with; its own name is skipped.</summary>
    public ImmutableArray<string> Excludes { get; init; } = [];

    /// <summary>Names of options that must stand with it.</summary>
    public ImmutableArray<string> AlsoRequires { get; init; } = [];

    /// <summary>What the help calls the value, for example <c>port[:port]</c>.</summary>
    public string ValueName { get; init; } = "value";

    /// <summary>One line of help.</summary>
    public string Help { get; init; } = "";

    /// <summary>
    /// Called when the option is met, after <see cref="Kind"/> has made the value: returns the value to keep, or throws
    /// with iptables' words. For what is not plain data.
    /// </summary>
    public Func<OptionCall, object?>? Parse { get; init; }

    /// <summary>Writes a random valid value for property tests; null to derive it from the kind and limits.</summary>
    public Func<ISampleSource, string>? Sample { get; init; }
}
