using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// What an extension states of itself as data (D5): parser, printers, errors, help and generators follow from it.
/// </summary>
public abstract class ExtensionDeclaration
{
    /// <summary>The name after <c>-m</c> or <c>-j</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for the reference page and the help.</summary>
    public required string Summary { get; init; }

    /// <summary>Where the behaviour comes from: kernel file and userland extension.</summary>
    public required string Source { get; init; }

    /// <summary>The family it exists for; null for both.</summary>
    public IpFamily? OnlyFamily { get; init; }

    /// <summary>The table it may stand in; null for all.</summary>
    public string? OnlyTable { get; init; }

    /// <summary>The hooks it may be reached from.</summary>
    public Hooks Hooks { get; init; } = Hooks.All;
}

/// <summary>The declaration of a match.</summary>
public sealed class MatchDeclaration : ExtensionDeclaration;

/// <summary>The declaration of a target.</summary>
public sealed class TargetDeclaration : ExtensionDeclaration;
