using System.Collections.Immutable;

namespace Netfilter.Sim.Rules;

/// <summary>
/// The user chains of a table, sorted by name in byte order, in pages: finding one costs two searches, an edit copies one
/// page and the list of pages, and a chain costs little more than its reference.
/// </summary>
internal sealed class SortedChains
{
    private const int FullPage = 128;

    private readonly ImmutableArray<Chain[]> _pages;

    private SortedChains(ImmutableArray<Chain[]> pages, int count) => (_pages, Count) = (pages, count);

    public static SortedChains Empty { get; } = new([], 0);

    public int Count { get; }

    public IEnumerable<Chain> All
    {
        get
        {
            foreach (Chain[] page in _pages)
            {
                foreach (Chain chain in page)
                {
                    yield return chain;
                }
            }
        }
    }

    public Chain? Find(string name)
    {
        (int page, int index) = Locate(name);
        return index >= 0 ? _pages[page][index] : null;
    }

    /// <summary>With a chain added, or put in place of the one of that name.</summary>
    public SortedChains With(Chain chain)
    {
        if (_pages.IsEmpty)
        {
            return new SortedChains([[chain]], 1);
        }
        (int at, int index) = Locate(chain.Name);
        Chain[] page = _pages[at];
        if (index >= 0)
        {
            Chain[] changed = [.. page];
            changed[index] = chain;
            return new SortedChains(_pages.SetItem(at, changed), Count);
        }
        Chain[] longer = [.. page.AsSpan(0, ~index), chain, .. page.AsSpan(~index)];
        ImmutableArray<Chain[]> pages = longer.Length <= FullPage
            ? _pages.SetItem(at, longer)
            : _pages.SetItem(at, longer[..(FullPage / 2)]).Insert(at + 1, longer[(FullPage / 2)..]);
        return new SortedChains(pages, Count + 1);
    }

    /// <summary>With many chains added or replaced at once.</summary>
    public SortedChains With(IReadOnlyCollection<Chain> chains)
    {
        if (chains.Count < 16 && Count > 0)
        {
            return chains.Aggregate(this, (all, chain) => all.With(chain));
        }
        Dictionary<string, Chain> byName = new(Count + chains.Count, StringComparer.Ordinal);
        foreach (Chain chain in All.Concat(chains))
        {
            byName[chain.Name] = chain;
        }
        Chain[] sorted = [.. byName.Values];
        if (!IsSorted(sorted))
        {
            Array.Sort(sorted, static (a, b) => Utf8Order.Instance.Compare(a.Name, b.Name));
        }
        return new SortedChains([.. sorted.Chunk(FullPage)], sorted.Length);
    }

    /// <summary>Without a chain.</summary>
    public SortedChains Without(string name)
    {
        (int at, int index) = Locate(name);
        if (index < 0)
        {
            return this;
        }
        Chain[] page = _pages[at];
        ImmutableArray<Chain[]> pages = page.Length == 1
            ? _pages.RemoveAt(at)
            : _pages.SetItem(at, [.. page.AsSpan(0, index), .. page.AsSpan(index + 1)]);
        return new SortedChains(pages, Count - 1);
    }

    // The page that a name belongs to, and its index there or the complement of where it would stand.
    private (int Page, int Index) Locate(string name)
    {
        int low = 0, high = _pages.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Utf8Order.Instance.Compare(_pages[middle][0].Name, name) <= 0 ? (middle, high) : (low, middle - 1);
        }
        return _pages.IsEmpty ? (0, -1) : (low, IndexIn(_pages[low], name));
    }

    private static int IndexIn(Chain[] page, string name)
    {
        int low = 0, high = page.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = Utf8Order.Instance.Compare(page[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return ~low;
    }

    private static bool IsSorted(Chain[] chains)
    {
        for (int i = 1; i < chains.Length; i++)
        {
            if (Utf8Order.Instance.Compare(chains[i - 1].Name, chains[i].Name) > 0)
            {
                return false;
            }
        }
        return true;
    }
}
