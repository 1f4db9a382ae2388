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
        // A page a chain is cheaper than all pages anew, as long as the chains are few.
        if (chains.Count < 16 + (Count / FullPage) && Count > 0)
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

    /// <summary>
    /// The chains in which another list differs: null before for one that is new, null after for one that is gone. Pages that
    /// both share cost nothing.
    /// </summary>
    public IEnumerable<(Chain? Before, Chain? After)> DifferencesTo(SortedChains next)
    {
        (int Page, int Index) old = (0, 0), now = (0, 0);
        while (old.Page < _pages.Length || now.Page < next._pages.Length)
        {
            if (old.Index == 0 && now.Index == 0 && old.Page < _pages.Length && now.Page < next._pages.Length
                && ReferenceEquals(_pages[old.Page], next._pages[now.Page]))
            {
                (old.Page, now.Page) = (old.Page + 1, now.Page + 1);
                continue;
            }
            Chain? before = old.Page < _pages.Length ? _pages[old.Page][old.Index] : null;
            Chain? after = now.Page < next._pages.Length ? next._pages[now.Page][now.Index] : null;
            int order = before is null ? 1 : after is null ? -1 : Utf8Order.Instance.Compare(before.Name, after.Name);
            old = order <= 0 ? Next(_pages, old) : old;
            now = order >= 0 ? Next(next._pages, now) : now;
            if (order != 0)
            {
                yield return order < 0 ? (before, null) : (null, after);
            }
            else if (!ReferenceEquals(before, after))
            {
                yield return (before, after);
            }
        }
    }

    private static (int Page, int Index) Next(ImmutableArray<Chain[]> pages, (int Page, int Index) at) =>
        at.Index + 1 < pages[at.Page].Length ? (at.Page, at.Index + 1) : (at.Page + 1, 0);

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
