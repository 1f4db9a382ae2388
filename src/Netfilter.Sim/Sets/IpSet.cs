using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Sets;

/// <summary>
/// A set with its elements (<c>ip_set_hash_gen.h</c>, <c>ip_set_bitmap_gen.h</c>, <c>ip_set_list_set.c</c>). Elements keep the order
/// in which they were added: the kernel's order depends on a secret.
/// </summary>
internal sealed class IpSet(IpSetHeader header) : RuleState
{
    /// <summary>Jiffies a second, as recorded (<c>CONFIG_HZ</c>).</summary>
    public const long JiffiesPerSecond = 250;

    private readonly Dictionary<SetKey, SetEntry> _entries = [];

    // How many elements there are of each pair of prefix lengths; probing goes from the most to the least specific.
    private readonly SortedDictionary<int, int> _prefixes = new(Comparer<int>.Create((x, y) => y.CompareTo(x)));

    // Of sets with interfaces: how many elements there are of each net, whatever the interface.
    private readonly Dictionary<SetKey, int> _nets = [];

    private ImmutableList<int> _members = [];

    /// <summary>What the set was made with; its name changes with <c>rename</c> and <c>swap</c>.</summary>
    public IpSetHeader Header { get; set; } = header;

    /// <summary>Number of elements, expired ones included until they are collected.</summary>
    public int Count => _entries.Count;

    /// <summary>Slots of the members of a list of sets, in order.</summary>
    public ImmutableList<int> Members => _members;

    /// <summary>Prefix lengths to probe, packed as first × 256 + second, most specific first.</summary>
    public IEnumerable<int> PrefixPairs => _prefixes.Keys;

    /// <summary>The most specific prefix length stored; the whole address when nothing is.</summary>
    public byte FirstPrefix(byte whole)
    {
        foreach (int pair in _prefixes.Keys)
        {
            return (byte)(Header.Type.Fields[0] == SetField.Net ? pair >> 8 : pair);
        }
        return whole;
    }

    /// <inheritdoc/>
    public override RuleState Clone()
    {
        IpSet copy = new(Header) { _members = _members };
        foreach ((SetKey key, SetEntry entry) in _entries)
        {
            copy._entries.Add(key, entry);
        }
        foreach ((int pair, int count) in _prefixes)
        {
            copy._prefixes.Add(pair, count);
        }
        foreach ((SetKey net, int count) in _nets)
        {
            copy._nets.Add(net, count);
        }
        return copy;
    }

    /// <summary>The elements that have not expired: a list in its order, a bitmap ascending, a hash as added.</summary>
    public IEnumerable<KeyValuePair<SetKey, SetEntry>> Entries(long jiffies)
    {
        IEnumerable<KeyValuePair<SetKey, SetEntry>> all = _entries.Where(entry => !entry.Value.IsExpired(jiffies));
        if (Header.Type.IsList)
        {
            return all.OrderBy(entry => _members.IndexOf(entry.Key.Member));
        }
        return Header.Type.IsBitmap ? all.OrderBy(entry => entry.Key.Ip).ThenBy(entry => entry.Key.Port) : all;
    }

    /// <summary>Whether an element is there and alive.</summary>
    public bool Contains(in SetKey key, long jiffies) =>
        _entries.TryGetValue(key, out SetEntry entry) && !entry.IsExpired(jiffies);

    /// <summary>An element to change in place; a null reference when it is not there.</summary>
    public ref SetEntry Find(in SetKey key) => ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);

    /// <summary>
    /// Whether there is an element of that net with any interface. A packet that meets one looks at no wider net, whether or
    /// not the interface fits (<c>mtype_test_cidrs</c>, <c>multi</c>).
    /// </summary>
    public bool HoldsNet(in SetKey key) => _nets.Count > 0 && _nets.ContainsKey(key with { Interface = null });

    /// <summary>Adds an element, or renews one.</summary>
    /// <param name="key">The element.</param>
    /// <param name="entry">What to keep with it.</param>
    /// <param name="jiffies">The time.</param>
    /// <param name="exist">Whether one that is there is renewed; otherwise that is an error.</param>
    /// <param name="keepCounters">Whether counters of a renewed one stay: packets and bytes.</param>
    public SetError Add(in SetKey key, in SetEntry entry, long jiffies, bool exist, (bool Packets, bool Bytes) keepCounters)
    {
        ref SetEntry old = ref Find(key);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref old))
        {
            bool alive = !old.IsExpired(jiffies);
            if (alive && !exist)
            {
                return SetError.Exists;
            }
            SetEntry renewed = entry;
            if (alive && keepCounters.Packets)
            {
                renewed.Packets = old.Packets;
            }
            if (alive && keepCounters.Bytes)
            {
                renewed.Bytes = old.Bytes;
            }
            old = renewed;
            return SetError.None;
        }
        if (!MakeRoom(jiffies))
        {
            return SetError.HashFull;
        }
        _entries.Add(key, entry);
        CountPrefixes(key, 1);
        if (Header.Type.IsList)
        {
            _members = _members.Add(key.Member);
        }
        return SetError.None;
    }

    /// <summary>Puts a member of a list of sets before or after another; appended when <paramref name="at"/> is −1.</summary>
    public void Place(int member, int at)
    {
        _members = _members.Remove(member);
        _members = at < 0 ? _members.Add(member) : _members.Insert(Math.Min(at, _members.Count), member);
    }

    /// <summary>Takes an element away.</summary>
    public SetError Delete(in SetKey key, long jiffies)
    {
        if (!_entries.Remove(key, out SetEntry entry))
        {
            return SetError.NotThere;
        }
        CountPrefixes(key, -1);
        _members = _members.Remove(key.Member);
        return entry.IsExpired(jiffies) ? SetError.NotThere : SetError.None;
    }

    /// <summary>Takes all elements away.</summary>
    public void Flush()
    {
        _entries.Clear();
        _prefixes.Clear();
        _nets.Clear();
        _members = [];
    }

    /// <summary>Deadline of an element that is added now.</summary>
    public long DeadlineOf(uint? seconds, long jiffies)
    {
        uint? timeout = seconds ?? Header.TimeoutSeconds;
        return timeout is null or 0 ? 0 : jiffies + (timeout.Value * JiffiesPerSecond);
    }

    /// <summary>Seconds that an element still has, at least 1; 0 for ever (<c>ip_set_timeout_get</c>).</summary>
    public static long SecondsLeft(in SetEntry entry, long jiffies) =>
        entry.Deadline == 0 ? 0 : Math.Max(1, (entry.Deadline - jiffies) / JiffiesPerSecond);

    private bool MakeRoom(long jiffies)
    {
        if (Header.Type.IsBitmap || Header.Type.IsList || _entries.Count < Header.MaxElements)
        {
            return true;
        }
        foreach (SetKey dead in _entries.Where(entry => entry.Value.IsExpired(jiffies)).Select(entry => entry.Key).ToList())
        {
            Delete(dead, jiffies);
        }
        return _entries.Count < Header.MaxElements;
    }

    private void CountPrefixes(in SetKey key, int step)
    {
        if (!Header.Type.HasNets)
        {
            return;
        }
        Tally(_prefixes, (key.Prefix << 8) | key.Prefix2, step);
        if (key.Interface is not null)
        {
            Tally(_nets, key with { Interface = null }, step);
        }
    }

    private static void Tally<TKey>(IDictionary<TKey, int> counts, TKey key, int step)
    {
        int count = step + (counts.TryGetValue(key, out int present) ? present : 0);
        if (count == 0)
        {
            counts.Remove(key);
        }
        else
        {
            counts[key] = count;
        }
    }
}
