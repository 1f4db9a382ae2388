using System.Collections.Frozen;
using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// The matches and targets that rules may use, frozen. <see cref="Default"/> has all of the library's; <see cref="With"/>
/// adds a user's own.
/// </summary>
public sealed class ExtensionRegistry
{
    private readonly FrozenDictionary<(string, IpFamily), MatchDeclaration> _matches;
    private readonly FrozenDictionary<(string, IpFamily), TargetDeclaration> _targets;

    private ExtensionRegistry(ImmutableArray<ExtensionDeclaration> all)
    {
        All = all;
        _matches = ByName(all.OfType<MatchDeclaration>());
        _targets = ByName(all.OfType<TargetDeclaration>());
    }

    /// <summary>All extensions of the library.</summary>
    public static ExtensionRegistry Default { get; } = new(DefaultExtensions.All);

    /// <summary>All extensions.</summary>
    public ImmutableArray<ExtensionDeclaration> All { get; }

    /// <summary>A registry with one more extension.</summary>
    /// <exception cref="ArgumentException">One of that kind, name and family is there already.</exception>
    public ExtensionRegistry With(ExtensionDeclaration extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        return new ExtensionRegistry(All.Add(extension));
    }

    /// <summary>The match of a name for a family, or null.</summary>
    public MatchDeclaration? FindMatch(string name, IpFamily family) => _matches.GetValueOrDefault((name, family));

    /// <summary>The target of a name for a family, or null.</summary>
    public TargetDeclaration? FindTarget(string name, IpFamily family) => _targets.GetValueOrDefault((name, family));

    private static FrozenDictionary<(string, IpFamily), T> ByName<T>(IEnumerable<T> extensions)
        where T : ExtensionDeclaration
    {
        Dictionary<(string, IpFamily), T> byName = [];
        foreach (T extension in extensions)
        {
            foreach (IpFamily family in Enum.GetValues<IpFamily>())
            {
                if (extension.IsFor(family) && !byName.TryAdd((extension.Name, family), extension))
                {
                    throw new ArgumentException($"The extension {extension.Name} is there twice.", nameof(extensions));
                }
            }
        }
        return byName.ToFrozenDictionary();
    }
}
