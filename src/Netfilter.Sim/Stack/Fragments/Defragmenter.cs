using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>
/// Collects fragments and puts packets together (<c>net/ipv4/ip_fragment.c ip_defrag</c>,
/// <c>net/ipv6/netfilter/nf_conntrack_reasm.c nf_ct_frag6_gather</c>, <c>net/ipv6/reassembly.c ipv6_frag_rcv</c>). All of a namespace's queues; forked with it. Memory
/// limits (<c>ipfrag_high_thresh</c>) are not modelled.
/// </summary>
internal sealed class Defragmenter
{
    private const long Second = 1_000_000_000;
    private const int MaxPacketV4 = 65535;
    private const int MaxPayloadV6 = 65535;

    private readonly Dictionary<FragmentKey, FragmentQueue> _queues;
    private object _owner = new();
    private long _nextDeadline;

    public Defragmenter()
    {
        _queues = [];
        _nextDeadline = long.MaxValue;
    }

    private Defragmenter(Defragmenter from)
    {
        _queues = new Dictionary<FragmentKey, FragmentQueue>(from._queues);
        _nextDeadline = from._nextDeadline;
    }

    /// <summary>Packets of which some pieces are there.</summary>
    public int Count => _queues.Count;

    /// <summary>Makes a second store; neither sees what is done to the other from now on.</summary>
    public Defragmenter Fork()
    {
        Defragmenter fork = new(this);
        _owner = new object();
        return fork;
    }

    /// <summary>Takes a packet in if it is a fragment; it becomes the whole packet when it was the last one missing.</summary>
    /// <param name="packet">The packet; unchanged unless the answer is <see cref="FragmentOutcome.Reassembled"/>.</param>
    /// <param name="user">Who collects.</param>
    /// <param name="nowNanoseconds">What time it is.</param>
    /// <param name="timeoutSeconds">
    /// For how long the pieces are kept: <c>net.ipv4.ipfrag_time</c>, 30; <c>net.netfilter.nf_conntrack_frag6_timeout</c>, 60.
    /// </param>
    public FragmentOutcome Gather(PacketBuffer packet, FragmentUser user, long nowNanoseconds, int timeoutSeconds)
    {
        long deadline = nowNanoseconds + (timeoutSeconds * Second);
        if (packet.Family == IpFamily.IPv4)
        {
            return packet.FragmentOffset != 0 || packet.MoreFragments
                ? GatherV4(packet, user, nowNanoseconds, deadline)
                : FragmentOutcome.Untouched;
        }
        return GatherV6(packet, user, nowNanoseconds, deadline);
    }

    /// <summary>
    /// Gives up a queue whose time has come (<c>ip_expire</c>, <c>ip6frag_expire_frag_queue</c>); call it until it says no.
    /// </summary>
    /// <param name="nowNanoseconds">What time it is.</param>
    /// <param name="first">
    /// Is made to hold the first fragment, about which the host may have to send "reassembly time exceeded".
    /// </param>
    /// <param name="user">Who collected.</param>
    /// <param name="hasFirst">False when the first fragment never came; the buffer is untouched then.</param>
    /// <returns>False when no queue's time has come.</returns>
    public bool TryExpire(long nowNanoseconds, PacketBuffer first, out FragmentUser user, out bool hasFirst)
    {
        (user, hasFirst) = (default, false);
        if (nowNanoseconds < _nextDeadline)
        {
            return false;
        }
        FragmentQueue? due = null;
        FragmentKey dueKey = default;
        foreach ((FragmentKey key, FragmentQueue queue) in _queues)
        {
            if (queue.DeadlineNanoseconds <= nowNanoseconds
                && (due is null || queue.DeadlineNanoseconds < due.DeadlineNanoseconds))
            {
                (dueKey, due) = (key, queue);
            }
        }
        if (due is null)
        {
            _nextDeadline = _queues.Count == 0 ? long.MaxValue : _queues.Values.Min(queue => queue.DeadlineNanoseconds);
            return false;
        }
        _queues.Remove(dueKey);
        user = dueKey.User;
        hasFirst = due.Head is not null;
        if (hasFirst)
        {
            first.ResetMetadata();
            due.LoadHead(first);
        }
        return true;
    }

    private FragmentOutcome GatherV4(PacketBuffer packet, FragmentUser user, long now, long deadline)
    {
        FragmentKey key = new(packet.Source, packet.Destination, packet.ReadUInt16(4), packet.Protocol, user, 0);
        FragmentQueue queue = Find(key, now, deadline);
        int header = packet.TransportOffset;
        int offset = packet.FragmentOffset;
        int end = offset + packet.Length - header;
        if (packet.MoreFragments)
        {
            end &= ~7;
        }
        if (!queue.NoteEnd(end, !packet.MoreFragments) || end == offset)
        {
            return GiveUp(key);
        }
        FragmentOutcome inserted = queue.Insert(offset, packet.Span.Slice(header, end - offset));
        if (inserted != FragmentOutcome.Held)
        {
            return inserted == FragmentOutcome.Duplicate ? inserted : GiveUp(key);
        }
        bool dontFragment = (packet.Bytes[packet.Start + 6] & 0x40) != 0;
        queue.Note(end - offset + header, dontFragment, packet.TypeOfService);
        if (offset == 0)
        {
            queue.SetHead(packet, header);
        }
        queue.InDevice = packet.InDevice;
        return queue.IsComplete ? FinishV4(packet, key, queue) : FragmentOutcome.Held;
    }

    /// <summary><c>ip_frag_reasm</c>.</summary>
    private FragmentOutcome FinishV4(PacketBuffer packet, FragmentKey key, FragmentQueue queue)
    {
        _queues.Remove(key);
        int ecn = queue.CombineEcn();
        int length = queue.Head!.HeaderLength + queue.Total;
        if (ecn < 0 || length > MaxPacketV4)
        {
            return FragmentOutcome.Dropped;
        }
        Span<byte> ip = queue.Assemble(packet);
        ip[1] |= (byte)ecn;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], queue.IsLargestDontFragment ? (ushort)0x4000 : (ushort)0);
        packet.RecomputeHeaderChecksum();
        (packet.FragmentMaxSize, packet.PiecesStart) = (queue.MaxSize, queue.Head.HeaderLength);
        packet.KeepsDontFragment = queue.IsLargestDontFragment;
        PacketParser.ParseNetworkHeader(packet);
        return FragmentOutcome.Reassembled;
    }

    private FragmentOutcome GatherV6(PacketBuffer packet, FragmentUser user, long now, long deadline)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        bool isLocal = user == FragmentUser.LocalDeliver;
        if (ip.Length < 40 || (ip[4] == 0 && ip[5] == 0)
            || !FragmentHeader.TryFind(ip, out int at, out int nextHeaderField)
            || (isLocal && packet.FragmentOffset == 0 && !packet.MoreFragments))
        {
            return FragmentOutcome.Untouched;
        }
        if (FragmentHeader.IsTransportTruncated(ip, at))
        {
            return isLocal ? FragmentOutcome.HeadersTruncated : FragmentOutcome.Untouched;
        }
        if (at + 8 > ip.Length)
        {
            return FragmentOutcome.Dropped;
        }
        uint identification = BinaryPrimitives.ReadUInt32BigEndian(ip[(at + 4)..]);
        bool isLinkScoped = ip[24] == 0xff || (ip[24] == 0xfe && (ip[25] & 0xc0) == 0x80);
        int device = isLinkScoped ? packet.InDevice?.Index ?? 0 : 0;
        FragmentKey key = new(packet.Source, packet.Destination, identification, 0, user, device);
        FragmentQueue queue = Find(key, now, deadline);
        int field = BinaryPrimitives.ReadUInt16BigEndian(ip[(at + 2)..]);
        (int offset, bool more) = (field & 0xfff8, (field & 1) != 0);
        int payload = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        int end = offset + payload - (at + 8 - 40);
        if (end > MaxPayloadV6 || end < offset)
        {
            return FragmentOutcome.Dropped;
        }
        if (more && (end & 7) != 0)
        {
            if (isLocal)
            {
                return FragmentOutcome.UnevenLength;
            }
            _queues.Remove(key);
            return FragmentOutcome.Untouched;
        }
        if (!queue.NoteEnd(end, !more) || end == offset)
        {
            return isLocal ? GiveUp(key) : FragmentOutcome.Dropped;
        }
        FragmentOutcome inserted = queue.Insert(offset, ip.Slice(at + 8, end - offset));
        if (inserted != FragmentOutcome.Held)
        {
            return inserted == FragmentOutcome.Duplicate ? inserted : GiveUp(key);
        }
        queue.Note(payload, false, packet.TypeOfService);
        if (offset == 0)
        {
            queue.SetHead(packet, at + 8);
            queue.NextHeaderField = nextHeaderField;
        }
        queue.InDevice = packet.InDevice;
        return queue.IsComplete ? FinishV6(packet, key, queue) : FragmentOutcome.Held;
    }

    /// <summary><c>nf_ct_frag6_reasm</c>: the fragment header goes.</summary>
    private FragmentOutcome FinishV6(PacketBuffer packet, FragmentKey key, FragmentQueue queue)
    {
        _queues.Remove(key);
        int ecn = queue.CombineEcn();
        int header = queue.Head!.HeaderLength;
        int payload = header - 8 - 40 + queue.Total;
        if (ecn < 0 || payload > MaxPayloadV6)
        {
            return FragmentOutcome.Dropped;
        }
        Span<byte> ip = queue.Assemble(packet);
        ip[queue.NextHeaderField] = ip[header - 8];
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)payload);
        ip[1] |= (byte)(ecn << 4);
        packet.RemoveFragmentHeader(header - 8);
        (packet.FragmentMaxSize, packet.PiecesStart) = (40 + queue.MaxSize, header - 8);
        PacketParser.ParseNetworkHeader(packet);
        return FragmentOutcome.Reassembled;
    }

    private FragmentQueue Find(FragmentKey key, long now, long deadline)
    {
        if (_queues.TryGetValue(key, out FragmentQueue? queue) && queue.DeadlineNanoseconds > now)
        {
            if (ReferenceEquals(queue.Owner, _owner))
            {
                return queue;
            }
            queue = queue.Copy(_owner);
        }
        else
        {
            queue = new FragmentQueue(_owner, deadline);
            _nextDeadline = Math.Min(_nextDeadline, deadline);
        }
        _queues[key] = queue;
        return queue;
    }

    private FragmentOutcome GiveUp(FragmentKey key)
    {
        _queues.Remove(key);
        return FragmentOutcome.Dropped;
    }
}
