using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// All connections of a namespace: records in pages that forks share, found by either tuple and by source
/// (<c>nf_conntrack_hash</c>, <c>nf_nat_bysource</c>). Records are used again; nothing is allocated for a connection
/// once as many have been there before.
/// </summary>
internal sealed class ConnectionTable
{
    private const int FirstBucketCount = 1024;

    private readonly CowArray<ConnectionRecord> _records;
    private readonly CowArray<AddressesV6> _addresses;
    private readonly CowArray<ConnectionExtension> _extensions;

    // Heads of chains. A link is (number << 1 | direction) + 1, so that 0 ends a chain.
    private CowArray<int> _buckets = new();
    private CowArray<int> _sources = new();
    private int _mask = FirstBucketCount - 1;

    // Heads of lists of free elements, number + 1.
    private int _freeRecord;
    private int _freeAddresses;
    private int _freeExtension;

    public ConnectionTable()
    {
        (_records, _addresses, _extensions) = (new(), new(), new());
        _buckets.Add(FirstBucketCount);
        _sources.Add(FirstBucketCount);
    }

    private ConnectionTable(ConnectionTable other)
    {
        _records = other._records.Fork();
        _addresses = other._addresses.Fork();
        _extensions = other._extensions.Fork();
        _buckets = other._buckets.Fork();
        _sources = other._sources.Fork();
        (_mask, Allocated, Hashed) = (other._mask, other.Allocated, other.Hashed);
        (_freeRecord, _freeAddresses, _freeExtension) = (other._freeRecord, other._freeAddresses, other._freeExtension);
    }

    /// <summary>Records in use, confirmed or not (the kernel's <c>nf_conntrack_count</c>).</summary>
    public int Allocated { get; private set; }

    /// <summary>Records that can be found by their tuples.</summary>
    public int Hashed { get; private set; }

    /// <summary>One more than the highest record number there ever was.</summary>
    public int Capacity => _records.Count;

    public ConnectionTable Fork() => new(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly ConnectionRecord Read(int id) => ref _records.Read(id);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ConnectionRecord Write(int id) => ref _records.Write(id);

    /// <summary>The tuple of one direction.</summary>
    public ConnectionTuple TupleOf(int id, ConnectionDirection direction)
    {
        ref readonly ConnectionRecord record = ref _records.Read(id);
        bool original = direction == ConnectionDirection.Original;
        ulong addresses = original ? record.OriginalAddresses : record.ReplyAddresses;
        uint ports = original ? record.OriginalPorts : record.ReplyPorts;
        NetAddress source, destination;
        if (record.IsIPv6)
        {
            ref readonly AddressesV6 v6 = ref _addresses.Read(record.AddressSlot);
            source = new NetAddress(original ? v6.OriginalSource : v6.ReplySource);
            destination = new NetAddress(original ? v6.OriginalDestination : v6.ReplyDestination);
        }
        else
        {
            (source, destination) = (new NetAddress((uint)addresses), new NetAddress((uint)(addresses >> 32)));
        }
        return new ConnectionTuple(source, destination, (ushort)ports, (ushort)(ports >> 16), record.Protocol);
    }

    /// <summary>Finds a connection that has not expired (<c>__nf_conntrack_find_get</c>).</summary>
    /// <returns>Number and direction, as number · 2 + direction; −1 when there is none.</returns>
    /// <param name="tuple">The tuple.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="now">The time in jiffies.</param>
    public int Find(in ConnectionTuple tuple, ConntrackZone zone, uint now) => Find(new ConnectionKey(tuple), tuple, zone, now, null);

    /// <summary>
    /// Finds a connection that has the same tuple as one direction of another that is not in the table. As Linux does for
    /// clashes, only the bucket that the zone of that direction names is looked into.
    /// </summary>
    /// <returns>As <see cref="Find(in ConnectionTuple, ConntrackZone, uint)"/>.</returns>
    public int FindTwin(int id, ConnectionDirection direction, uint now)
    {
        ref readonly ConnectionRecord record = ref _records.Read(id);
        return record.IsIPv6
            ? Find(new ConnectionKey(record, direction), TupleOf(id, direction), record.Zone, now, direction)
            : Find(new ConnectionKey(record, direction), default, record.Zone, now, direction);
    }

    // The tuple is asked only for what a key leaves out of it: whole IPv6 addresses. Without a bucket both are looked into.
    private int Find(in ConnectionKey key, in ConnectionTuple tuple, ConntrackZone zone, uint now, ConnectionDirection? bucket)
    {
        int link = _buckets.Read((int)(key.Hash & (uint)_mask));
        int found = -1;
        while (link != 0)
        {
            int reference = link - 1;
            ref readonly ConnectionRecord record = ref _records.Read(reference >> 1);
            bool matches = Matches(in record, reference & 1, key, tuple) && (int)(record.Timeout - now) > 0
                && record.Zone.IdIn((ConnectionDirection)(reference & 1)) == zone.IdIn((ConnectionDirection)(reference & 1))
                && (bucket is not { } own || zone.IdIn((ConnectionDirection)(reference & 1)) == zone.IdIn(own));
            if (matches && (zone.Directions == ConntrackZoneDirections.Both || (reference & 1) == 0))
            {
                return reference;
            }
            found = matches ? reference : found;
            link = (reference & 1) == 0 ? record.NextOriginal : record.NextReply;
        }
        return found;
    }

    /// <summary>
    /// Whether another connection has a tuple (<c>nf_conntrack_tuple_taken</c>). One that begins with the same original
    /// tuple is the same flow and does not count.
    /// </summary>
    public bool IsTaken(in ConnectionTuple tuple, int ignored, uint now) => IsTaken(new ConnectionKey(tuple), tuple, ignored, now);

    /// <summary>Whether another connection has the tuple of a connection's answers.</summary>
    public bool IsReplyTaken(int id, uint now)
    {
        ref readonly ConnectionRecord record = ref _records.Read(id);
        return record.IsIPv6
            ? IsTaken(TupleOf(id, ConnectionDirection.Reply), id, now)
            : IsTaken(new ConnectionKey(record, ConnectionDirection.Reply), default, id, now);
    }

    private bool IsTaken(in ConnectionKey key, in ConnectionTuple tuple, int ignored, uint now)
    {
        ConntrackZone zone = _records.Read(ignored).Zone;
        int link = _buckets.Read((int)(key.Hash & (uint)_mask));
        while (link != 0)
        {
            int reference = link - 1;
            ref readonly ConnectionRecord record = ref _records.Read(reference >> 1);
            if (reference >> 1 != ignored && Matches(in record, reference & 1, key, tuple)
                && (int)(record.Timeout - now) > 0
                && record.Zone.IdIn((ConnectionDirection)(reference & 1)) == zone.IdIn((ConnectionDirection)(reference & 1))
                && zone.IdIn((ConnectionDirection)(reference & 1)) == zone.IdIn(ConnectionDirection.Reply)
                && !(HaveSameOriginal(reference >> 1, ignored)
                    && record.Zone.IdIn(ConnectionDirection.Original) == zone.IdIn(ConnectionDirection.Original)))
            {
                return true;
            }
            link = (reference & 1) == 0 ? record.NextOriginal : record.NextReply;
        }
        return false;
    }

    /// <summary>Takes a record for a connection that is not confirmed yet.</summary>
    public int Allocate(in ConnectionTuple original, in ConnectionTuple reply, ConntrackZone zone)
    {
        int id = _freeRecord - 1;
        if (id < 0)
        {
            id = _records.Add();
        }
        else
        {
            _freeRecord = _records.Read(id).NextOriginal;
        }
        Allocated++;
        bool isIPv6 = original.Family == IpFamily.IPv6;
        ref ConnectionRecord record = ref _records.Write(id);
        record = default;
        (record.Protocol, record.IsIPv6, record.Zone) = (original.Protocol, isIPv6, zone);
        (record.Extension, record.AddressSlot) = (-1, isIPv6 ? AllocateAddresses() : -1);
        SetTuple(ref record, ConnectionDirection.Original, original);
        SetTuple(ref record, ConnectionDirection.Reply, reply);
        return id;
    }

    /// <summary>Gives a record back that is in no chain any more.</summary>
    public void Free(int id)
    {
        ref ConnectionRecord record = ref _records.Write(id);
        if (record.Extension >= 0)
        {
            ref ConnectionExtension extension = ref _extensions.Write(record.Extension);
            extension = default;
            extension.Dependents = _freeExtension;
            _freeExtension = record.Extension + 1;
        }
        if (record.AddressSlot >= 0)
        {
            _addresses.Write(record.AddressSlot).OriginalSource = (UInt128)(uint)_freeAddresses;
            _freeAddresses = record.AddressSlot + 1;
        }
        record = default;
        record.NextOriginal = _freeRecord;
        (record.Extension, record.AddressSlot) = (-1, -1);
        _freeRecord = id + 1;
        Allocated--;
    }

    /// <summary>Changes the reply tuple of a connection that is not hashed (<c>nf_conntrack_alter_reply</c>).</summary>
    public void SetReply(int id, in ConnectionTuple reply) =>
        SetTuple(ref _records.Write(id), ConnectionDirection.Reply, reply);

    /// <summary>Whether a record carries an extension, and its number.</summary>
    public bool HasExtension(int id) => _records.Read(id).Extension >= 0;

    /// <summary>The extension of a record that has one.</summary>
    public ref readonly ConnectionExtension ReadExtension(int id) => ref _extensions.Read(_records.Read(id).Extension);

    /// <summary>The extension of a record to write to; made when there is none.</summary>
    public ref ConnectionExtension WriteExtension(int id)
    {
        int slot = _records.Read(id).Extension;
        if (slot < 0)
        {
            slot = _freeExtension - 1;
            if (slot < 0)
            {
                slot = _extensions.Add();
            }
            else
            {
                _freeExtension = _extensions.Read(slot).Dependents;
            }
            _records.Write(id).Extension = slot;
            ref ConnectionExtension fresh = ref _extensions.Write(slot);
            fresh = default;
            fresh.Master = -1;
            return ref fresh;
        }
        return ref _extensions.Write(slot);
    }

    /// <summary>Makes a connection findable by both tuples, or by its reply tuple alone.</summary>
    public void Insert(int id, bool replyOnly = false)
    {
        if (Hashed >= _mask)
        {
            Grow();
        }
        if (!replyOnly)
        {
            Push(id, ConnectionDirection.Original);
        }
        Push(id, ConnectionDirection.Reply);
        Hashed++;
    }

    /// <summary>Takes a connection out of the chains of both tuples.</summary>
    public void Remove(int id)
    {
        Unlink(id, ConnectionDirection.Original);
        Unlink(id, ConnectionDirection.Reply);
        Hashed--;
    }

    /// <summary>Makes a connection findable by its source (<c>nf_nat_setup_info</c>'s <c>hash_by_src</c>).</summary>
    public void InsertSource(int id)
    {
        int bucket = SourceBucket(id);
        ref int head = ref _sources.Write(bucket);
        _records.Write(id).NextBySource = head;
        head = id + 1;
    }

    /// <summary>Takes a connection out of the chain of its source.</summary>
    public void RemoveSource(int id)
    {
        int bucket = SourceBucket(id);
        int next = _records.Read(id).NextBySource;
        int at = _sources.Read(bucket) - 1;
        if (at == id)
        {
            _sources.Write(bucket) = next;
            return;
        }
        while (at >= 0)
        {
            int following = _records.Read(at).NextBySource - 1;
            if (following == id)
            {
                _records.Write(at).NextBySource = next;
                return;
            }
            at = following;
        }
    }

    /// <summary>The newest connection in the chain that a source belongs to, or −1. Others may be in that chain, too.</summary>
    public int FirstBySource(in ConnectionTuple original)
    {
        ConnectionKey key = new(original);
        return _sources.Read(SourceBucket(key.Addresses, key.Ports, key.Protocol)) - 1;
    }

    /// <summary>The next older connection of the chain, or −1.</summary>
    public int NextBySource(int id) => _records.Read(id).NextBySource - 1;

    private static bool IsAt(in ConnectionRecord record, int direction, in ConnectionKey key) => direction == 0
        ? record.OriginalAddresses == key.Addresses && record.OriginalPorts == key.Ports
        : record.ReplyAddresses == key.Addresses && record.ReplyPorts == key.Ports;

    private bool Matches(in ConnectionRecord record, int direction, in ConnectionKey key, in ConnectionTuple tuple) =>
        IsAt(in record, direction, key) && record.Protocol == key.Protocol && record.IsIPv6 == key.IsIPv6
        && (!key.IsIPv6 || HasAddresses(record.AddressSlot, direction, tuple));

    private bool HasAddresses(int slot, int direction, in ConnectionTuple tuple)
    {
        ref readonly AddressesV6 v6 = ref _addresses.Read(slot);
        return direction == 0
            ? v6.OriginalSource == tuple.Source.Bits && v6.OriginalDestination == tuple.Destination.Bits
            : v6.ReplySource == tuple.Source.Bits && v6.ReplyDestination == tuple.Destination.Bits;
    }

    private bool HaveSameOriginal(int one, int other) =>
        TupleOf(one, ConnectionDirection.Original) == TupleOf(other, ConnectionDirection.Original);

    private void SetTuple(ref ConnectionRecord record, ConnectionDirection direction, in ConnectionTuple tuple)
    {
        ConnectionKey key = new(tuple);
        bool original = direction == ConnectionDirection.Original;
        if (original)
        {
            (record.OriginalAddresses, record.OriginalPorts) = (key.Addresses, key.Ports);
        }
        else
        {
            (record.ReplyAddresses, record.ReplyPorts) = (key.Addresses, key.Ports);
        }
        if (record.IsIPv6)
        {
            ref AddressesV6 v6 = ref _addresses.Write(record.AddressSlot);
            (original ? ref v6.OriginalSource : ref v6.ReplySource) = tuple.Source.Bits;
            (original ? ref v6.OriginalDestination : ref v6.ReplyDestination) = tuple.Destination.Bits;
        }
    }

    private int AllocateAddresses()
    {
        int slot = _freeAddresses - 1;
        if (slot < 0)
        {
            return _addresses.Add();
        }
        _freeAddresses = (int)(uint)_addresses.Read(slot).OriginalSource;
        return slot;
    }

    private uint HashOf(int id, ConnectionDirection direction) => new ConnectionKey(_records.Read(id), direction).Hash;

    private void Push(int id, ConnectionDirection direction)
    {
        ref int head = ref _buckets.Write((int)(HashOf(id, direction) & (uint)_mask));
        LinkOf(id, direction) = head;
        head = ((id << 1) | (int)direction) + 1;
    }

    private ref int LinkOf(int id, ConnectionDirection direction)
    {
        ref ConnectionRecord record = ref _records.Write(id);
        return ref direction == ConnectionDirection.Original ? ref record.NextOriginal : ref record.NextReply;
    }

    private int ReadLink(int reference)
    {
        ref readonly ConnectionRecord record = ref _records.Read(reference >> 1);
        return (reference & 1) == 0 ? record.NextOriginal : record.NextReply;
    }

    private void Unlink(int id, ConnectionDirection direction)
    {
        int wanted = ((id << 1) | (int)direction) + 1;
        int bucket = (int)(HashOf(id, direction) & (uint)_mask);
        int link = _buckets.Read(bucket);
        if (link == wanted)
        {
            _buckets.Write(bucket) = ReadLink(wanted - 1);
            return;
        }
        while (link != 0)
        {
            int following = ReadLink(link - 1);
            if (following == wanted)
            {
                LinkOf((link - 1) >> 1, (ConnectionDirection)((link - 1) & 1)) = ReadLink(wanted - 1);
                return;
            }
            link = following;
        }
    }

    private void Grow()
    {
        CowArray<int> old = _buckets, oldSources = _sources;
        int count = (_mask + 1) * 4;
        (_buckets, _sources, _mask) = (new CowArray<int>(), new CowArray<int>(), count - 1);
        _buckets.Add(count);
        _sources.Add(count);
        for (int bucket = 0; bucket < old.Count; bucket++)
        {
            for (int link = old.Read(bucket); link != 0;)
            {
                int reference = link - 1;
                link = ReadLink(reference);
                Push(reference >> 1, (ConnectionDirection)(reference & 1));
            }
            RehashSources(oldSources.Read(bucket) - 1);
        }
    }

    // A chain is newest first and insertion is at the head, so the old one is turned around first.
    private void RehashSources(int id)
    {
        int reversed = -1;
        while (id >= 0)
        {
            ref ConnectionRecord record = ref _records.Write(id);
            int next = record.NextBySource - 1;
            record.NextBySource = reversed + 1;
            (reversed, id) = (id, next);
        }
        while (reversed >= 0)
        {
            int next = _records.Read(reversed).NextBySource - 1;
            InsertSource(reversed);
            reversed = next;
        }
    }

    private int SourceBucket(int id)
    {
        ref readonly ConnectionRecord record = ref _records.Read(id);
        return SourceBucket(record.OriginalAddresses, record.OriginalPorts, record.Protocol);
    }

    // Of a key's addresses and ports the lower halves are the source's.
    private int SourceBucket(ulong addresses, uint ports, byte protocol) =>
        (int)(ConnectionKey.HashOf((uint)addresses, (ushort)ports, protocol) & (uint)_mask);

    private struct AddressesV6
    {
        public UInt128 OriginalSource;
        public UInt128 OriginalDestination;
        public UInt128 ReplySource;
        public UInt128 ReplyDestination;
    }
}
