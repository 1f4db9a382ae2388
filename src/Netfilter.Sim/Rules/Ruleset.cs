using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Rules;

/// <summary>All tables of one family, in the order a text gave them or the kernel lists them. Immutable.</summary>
public sealed partial class Ruleset : IEquatable<Ruleset>
{
    /// <summary>Makes a ruleset.</summary>
    /// <exception cref="ArgumentException">A table is there twice.</exception>
    public Ruleset(IpFamily family, ImmutableArray<Table> tables)
    {
        if (tables.Select(table => table.Name).Distinct().Count() != tables.Length)
        {
            throw new ArgumentException("A table is there twice.", nameof(tables));
        }
        Family = family;
        Tables = tables;
    }

    /// <summary>The family.</summary>
    public IpFamily Family { get; }

    /// <summary>The tables, in order.</summary>
    public ImmutableArray<Table> Tables { get; }

    /// <summary>The table of a name, or null.</summary>
    public Table? Find(string table) => Tables.FirstOrDefault(known => known.Name == table);

    /// <summary>A ruleset with a table put in place of the one of that name, or put before all others, as the kernel registers it.</summary>
    public Ruleset With(Table table)
    {
        for (int i = 0; i < Tables.Length; i++)
        {
            if (Tables[i].Name == table.Name)
            {
                return new Ruleset(Family, Tables.SetItem(i, table));
            }
        }
        return new Ruleset(Family, Tables.Insert(0, table));
    }

    /// <inheritdoc/>
    public bool Equals(Ruleset? other) => ReferenceEquals(this, other)
        || (other is not null && Family == other.Family && Tables.SequenceEqual(other.Tables));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Ruleset);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, Tables.Length);
}
