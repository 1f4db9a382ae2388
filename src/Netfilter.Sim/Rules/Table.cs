using System.Collections.Immutable;

namespace Netfilter.Sim.Rules;

/// <summary>A table: its built-in chains and the user's, which iptables lists sorted by name. Immutable.</summary>
public sealed class Table : IEquatable<Table>
{
    private readonly SortedChains _userChains;
    private readonly ImmutableArray<Chain> _builtIn;

    private Table(TableDefinition definition, ImmutableArray<Chain> builtIn, SortedChains user)
    {
        Definition = definition;
        _builtIn = builtIn;
        _userChains = user;
    }

    /// <summary>Which table it is.</summary>
    public TableDefinition Definition { get; }

    /// <summary>The name after <c>-t</c>.</summary>
    public string Name => Definition.Name;

    /// <summary>The built-in chains in hook order, then the user's by name in byte order.</summary>
    public IEnumerable<Chain> Chains => _builtIn.Concat(_userChains.All);

    /// <summary>Number of user chains.</summary>
    public int UserChainCount => _userChains.Count;

    /// <summary>A table whose built-in chains are empty and accept.</summary>
    public static Table Empty(TableDefinition definition) => new(
        definition,
        [.. definition.BuiltInChains.Select(name => new Chain(name, RuleSequence.Empty, ChainPolicy.Accept))],
        SortedChains.Empty);

    /// <summary>The built-in chains in hook order.</summary>
    internal ImmutableArray<Chain> BuiltIn => _builtIn;

    /// <summary>The user chains in which another table differs (<see cref="SortedChains.DifferencesTo"/>).</summary>
    internal IEnumerable<(Chain? Before, Chain? After)> DifferencesTo(Table next) => _userChains.DifferencesTo(next._userChains);

    /// <summary>The chain of a name, or null.</summary>
    public Chain? Find(string name)
    {
        foreach (Chain chain in _builtIn)
        {
            if (chain.Name == name)
            {
                return chain;
            }
        }
        return _userChains.Find(name);
    }

    /// <summary>A table with a chain added, or put in place of the one of that name.</summary>
    public Table With(Chain chain)
    {
        for (int i = 0; i < _builtIn.Length; i++)
        {
            if (_builtIn[i].Name == chain.Name)
            {
                return new Table(Definition, _builtIn.SetItem(i, chain), _userChains);
            }
        }
        return new Table(Definition, _builtIn, _userChains.With(chain));
    }

    /// <summary>A table with many chains added or replaced at once.</summary>
    public Table With(IEnumerable<Chain> chains)
    {
        ImmutableArray<Chain>.Builder builtIn = _builtIn.ToBuilder();
        List<Chain> user = [];
        foreach (Chain chain in chains)
        {
            int index = Definition.BuiltInChains.IndexOf(chain.Name);
            if (index >= 0)
            {
                builtIn[index] = chain;
            }
            else
            {
                user.Add(chain);
            }
        }
        return new Table(Definition, builtIn.ToImmutable(), _userChains.With(user));
    }

    /// <summary>A table without a user chain.</summary>
    public Table Without(string userChain) => new(Definition, _builtIn, _userChains.Without(userChain));

    /// <inheritdoc/>
    public bool Equals(Table? other) => ReferenceEquals(this, other)
        || (other is not null && Name == other.Name && UserChainCount == other.UserChainCount
            && _builtIn.SequenceEqual(other._builtIn)
            && (ReferenceEquals(_userChains, other._userChains) || _userChains.All.SequenceEqual(other._userChains.All)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Table);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, UserChainCount);
}
