using System.Collections;
using System.Collections.Immutable;

namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>An immutable map of text to text (labels, annotations, selectors) that compares by content.</summary>
/// <remarks>Keys are ordinal and enumerate in text order; the default value is the empty map.</remarks>
public readonly struct ValueMap : IEnumerable<KeyValuePair<string, string>>, IEquatable<ValueMap>
{
    private static readonly ImmutableSortedDictionary<string, string> Empty =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private readonly ImmutableSortedDictionary<string, string>? _items;

    private ValueMap(ImmutableSortedDictionary<string, string> items) => _items = items;

    private ImmutableSortedDictionary<string, string> Items => _items ?? Empty;

    /// <summary>Makes a map of pairs; a later pair replaces an earlier one with the same key.</summary>
    /// <param name="items">The pairs.</param>
    public static ValueMap Of(params IEnumerable<KeyValuePair<string, string>> items) => new(Empty.SetItems(items));

    /// <summary>Makes a map of one pair.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public static ValueMap Of(string key, string value) => new(Empty.SetItem(key, value));

    /// <summary>The number of pairs.</summary>
    public int Count => Items.Count;

    /// <summary>The value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    public string this[string key] => Items[key];

    /// <summary>This map with one pair set.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public ValueMap With(string key, string value) => new(Items.SetItem(key, value));

    /// <summary>The value of a key, or null when the key is absent.</summary>
    /// <param name="key">The key.</param>
    public string? Find(string key) => Items.TryGetValue(key, out string? value) ? value : null;

    /// <summary>Whether every pair of a selector stands in this map.</summary>
    /// <param name="selector">The pairs that must be here; an empty selector is contained in every map.</param>
    public bool Contains(ValueMap selector)
    {
        foreach (KeyValuePair<string, string> pair in selector)
        {
            if (Find(pair.Key) != pair.Value)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether a key is here.</summary>
    /// <param name="key">The key.</param>
    public bool ContainsKey(string key) => Items.ContainsKey(key);

    /// <summary>Whether both maps hold the same pairs.</summary>
    /// <param name="left">One map.</param>
    /// <param name="right">The other map.</param>
    public static bool operator ==(ValueMap left, ValueMap right) => left.Equals(right);

    /// <summary>Whether the maps differ in a pair.</summary>
    /// <param name="left">One map.</param>
    /// <param name="right">The other map.</param>
    public static bool operator !=(ValueMap left, ValueMap right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(ValueMap other) =>
        ReferenceEquals(Items, other.Items) || (Count == other.Count && Contains(other));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueMap other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (KeyValuePair<string, string> pair in Items)
        {
            hash.Add(pair.Key);
            hash.Add(pair.Value);
        }
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => Items.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();

    /// <summary>The pairs as kubectl prints labels: <c>a=1,b=2</c>.</summary>
    public override string ToString() => string.Join(",", Items.Select(pair => pair.Key + "=" + pair.Value));
}
