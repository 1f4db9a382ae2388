using System.Globalization;
using System.Numerics;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// A list of addresses and when they were seen (<c>net/netfilter/xt_recent.c struct recent_table</c>). Rules of both
/// families share it by name. It holds 100 addresses; the one seen longest ago makes room for a new one.
/// </summary>
internal sealed class RecentTable : RuleState
{
    /// <summary>The module's default of <c>ip_list_tot</c>.</summary>
    public const int MaxEntries = 100;

    private readonly Dictionary<NetAddress, Entry> _byAddress = new(MaxEntries);
    private readonly LinkedList<Entry> _leastRecentFirst = new();
    private readonly Stack<Entry> _unused = new();
    private int _stampMask;

    /// <summary>Makes an empty list.</summary>
    /// <param name="mask">The mask of the first rule, in wire order: an IPv4 mask lies in the highest 32 bits.</param>
    /// <param name="hitCount">The hit count of the first rule.</param>
    public RecentTable(UInt128 mask, uint hitCount)
    {
        Mask = mask;
        _stampMask = StampMaskOf(hitCount);
    }

    /// <summary>What addresses are masked with before they are looked up. The first rule's, whatever later ones say.</summary>
    public UInt128 Mask { get; }

    /// <summary>Number of addresses.</summary>
    public int Count => _leastRecentFirst.Count;

    /// <summary>A further rule of that name is loaded: when it needs more time stamps, the list starts anew (<c>recent_mt_check</c>).</summary>
    public void Join(uint hitCount)
    {
        int mask = StampMaskOf(hitCount);
        if (mask > _stampMask)
        {
            Flush();
            _unused.Clear();
            _stampMask = mask;
        }
    }

    /// <summary>An address as the list holds it.</summary>
    public NetAddress Masked(NetAddress address) => address.Family == IpFamily.IPv4
        ? new NetAddress(address.IPv4Bits & (uint)(Mask >> 96))
        : new NetAddress(address.Bits & Mask);

    /// <summary>The entry of an address (<c>recent_entry_lookup</c>); a TTL of 0 fits all, on either side.</summary>
    public Entry? Find(NetAddress address, byte ttl)
    {
        _byAddress.TryGetValue(address, out Entry? entry);
        while (entry is not null && ttl != 0 && entry.Ttl != 0 && entry.Ttl != ttl)
        {
            entry = entry.Next;
        }
        return entry;
    }

    /// <summary>Adds an address seen now (<c>recent_entry_init</c>).</summary>
    public void Add(NetAddress address, byte ttl, long tick)
    {
        if (Count >= MaxEntries)
        {
            Remove(_leastRecentFirst.First!.Value);
        }
        if (!_unused.TryPop(out Entry? entry))
        {
            entry = new Entry(_stampMask + 1);
        }
        entry.Start(address, ttl, tick);
        Link(entry);
        _leastRecentFirst.AddLast(entry.Node);
    }

    /// <summary>Notes that an address was seen once more (<c>recent_entry_update</c>).</summary>
    public void Update(Entry entry, long tick)
    {
        entry.Stamp(tick, _stampMask);
        _leastRecentFirst.Remove(entry.Node);
        _leastRecentFirst.AddLast(entry.Node);
    }

    /// <summary>Takes an address out.</summary>
    public void Remove(Entry entry)
    {
        Entry first = _byAddress[entry.Address];
        if (ReferenceEquals(first, entry))
        {
            if (entry.Next is null)
            {
                _byAddress.Remove(entry.Address);
            }
            else
            {
                _byAddress[entry.Address] = entry.Next;
            }
        }
        else
        {
            while (!ReferenceEquals(first.Next, entry))
            {
                first = first.Next!;
            }
            first.Next = entry.Next;
        }
        _leastRecentFirst.Remove(entry.Node);
        _unused.Push(entry);
    }

    /// <summary>Takes out the entry seen longest ago if that was before a moment (<c>recent_entry_reap</c>).</summary>
    public void Reap(long before, Entry working, bool update)
    {
        Entry oldest = _leastRecentFirst.First!.Value;
        if (!(ReferenceEquals(oldest, working) && update) && before > oldest.Newest)
        {
            Remove(oldest);
        }
    }

    /// <summary>Takes everything out.</summary>
    public void Flush()
    {
        while (_leastRecentFirst.First is { } node)
        {
            Remove(node.Value);
        }
    }

    /// <summary>
    /// Takes a command written to <c>/proc/net/xt_recent/NAME</c> (<c>recent_mt_proc_write</c>): <c>+address</c>,
    /// <c>-address</c> or <c>/</c>.
    /// </summary>
    /// <returns>False when the kernel refuses it (<c>EINVAL</c>).</returns>
    public bool Write(ReadOnlySpan<char> command, long tick)
    {
        if (command.Length > 0 && command[0] == '/')
        {
            Flush();
            return true;
        }
        if (command.Length == 0 || command[0] is not ('+' or '-'))
        {
            return false;
        }
        ReadOnlySpan<char> text = command[1..];
        int end = text.IndexOf('\n');
        if (!NetAddress.TryParse(end < 0 ? text : text[..end], out NetAddress address))
        {
            return false;
        }
        Entry? entry = Find(address, 0);
        if (command[0] == '-')
        {
            if (entry is not null)
            {
                Remove(entry);
            }
        }
        else if (entry is null)
        {
            Add(address, 0, tick);
        }
        else
        {
            Update(entry, tick);
        }
        return true;
    }

    /// <summary>
    /// The entries as <c>/proc/net/xt_recent/NAME</c> prints them (<c>recent_seq_show</c>), a line each, by address: the
    /// kernel's own order is that of a secret hash.
    /// </summary>
    public string Format()
    {
        StringBuilder text = new();
        foreach (Entry entry in Entries)
        {
            string address = entry.Address.Family == IpFamily.IPv4 ? entry.Address.ToString() : FullIPv6(entry.Address.Bits);
            text.Append(CultureInfo.InvariantCulture, $"src={address} ttl: {entry.Ttl} last_seen: {entry.Newest} oldest_pkt: {entry.Index}");
            for (int i = 0; i < entry.StampCount; i++)
            {
                text.Append(i == 0 ? " " : ", ").Append(CultureInfo.InvariantCulture, $"{entry.StampAt(i)}");
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The entries by address.</summary>
    public IEnumerable<Entry> Entries => _leastRecentFirst.OrderBy(entry => entry.Address);

    /// <inheritdoc/>
    public override RuleState Clone()
    {
        RecentTable copy = new(Mask, 0) { _stampMask = _stampMask };
        foreach (Entry entry in _leastRecentFirst)
        {
            copy._leastRecentFirst.AddLast(entry.Copy().Node);
        }
        // Entries of one address keep their order, in which a look-up meets them.
        foreach (Entry first in _byAddress.Values)
        {
            for (Entry? entry = first; entry is not null; entry = entry.Next)
            {
                copy.Link(entry.LastCopy!);
                entry.LastCopy = null;
            }
        }
        return copy;
    }

    // recent_mt_check: the next power of two, 32 when no rule counts hits.
    private static int StampMaskOf(uint hitCount) => hitCount == 0 ? 31 : (int)BitOperations.RoundUpToPowerOf2(hitCount) - 1;

    private static string FullIPv6(UInt128 bits)
    {
        StringBuilder text = new(39);
        for (int shift = 112; shift >= 0; shift -= 16)
        {
            text.Append(((ushort)(bits >> shift)).ToString("x4", CultureInfo.InvariantCulture)).Append(shift == 0 ? "" : ":");
        }
        return text.ToString();
    }

    private void Link(Entry entry)
    {
        entry.Next = null;
        if (!_byAddress.TryGetValue(entry.Address, out Entry? last))
        {
            _byAddress.Add(entry.Address, entry);
            return;
        }
        while (last.Next is not null)
        {
            last = last.Next;
        }
        last.Next = entry;
    }

    /// <summary>One address (<c>struct recent_entry</c>).</summary>
    public sealed class Entry
    {
        private readonly long[] _stamps;

        public Entry(int stamps)
        {
            _stamps = new long[stamps];
            Node = new LinkedListNode<Entry>(this);
        }

        public NetAddress Address { get; private set; }

        public byte Ttl { get; set; }

        /// <summary>Where the next time stamp goes, counted from 1 (<c>oldest_pkt</c>). 16 bits, as in the kernel.</summary>
        public ushort Index { get; private set; }

        /// <summary>Number of time stamps kept.</summary>
        public ushort StampCount { get; private set; }

        public long Newest => _stamps[(Index - 1) & (_stamps.Length - 1)];

        public Entry? Next { get; set; }

        public LinkedListNode<Entry> Node { get; }

        /// <summary>Only during <see cref="Clone"/>: the copy just made.</summary>
        public Entry? LastCopy { get; set; }

        public long StampAt(int index) => _stamps[index];

        public void Start(NetAddress address, byte ttl, long tick)
        {
            (Address, Ttl, Index, StampCount) = (address, ttl, 1, 1);
            _stamps[0] = tick;
        }

        public void Stamp(long tick, int mask)
        {
            int index = Index & mask;
            _stamps[index] = tick;
            Index = unchecked((ushort)(index + 1));
            StampCount = Math.Max(StampCount, Index);
        }

        public Entry Copy()
        {
            Entry copy = new(_stamps.Length) { Address = Address, Ttl = Ttl, Index = Index, StampCount = StampCount };
            _stamps.CopyTo(copy._stamps, 0);
            return LastCopy = copy;
        }
    }
}
