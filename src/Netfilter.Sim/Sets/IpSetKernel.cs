using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Sets;

/// <summary>
/// What packets do with sets: test, add, delete (<c>net/netfilter/ipset/ip_set_core.c ip_set_test, ip_set_add, ip_set_del</c>).
/// </summary>
internal static class IpSetKernel
{
    /// <summary>Kind of the states that sets are kept as; the name is the set's.</summary>
    public const string StateKind = "ipset";

    // -ENOTEMPTY: an element fits, and it is an exception.
    private const int Exception = -39;

    /// <summary>The time in jiffies.</summary>
    public static long Jiffies(long nowNanoseconds) => nowNanoseconds / (1_000_000_000 / IpSet.JiffiesPerSecond);

    /// <summary>Whether a packet is in a set; counts it in the element that fits.</summary>
    /// <param name="states">Where sets are kept.</param>
    /// <param name="slot">The set's slot.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="options">Directions and conditions of the rule.</param>
    /// <param name="nowNanoseconds">The time.</param>
    /// <param name="found">What the element that fits carries.</param>
    public static bool Test(
        RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options, long nowNanoseconds, out SetEntry found)
    {
        return TestSlot(states, slot, packet, options, Jiffies(nowNanoseconds), out found);
    }

    /// <summary>Adds what a packet stands for (<c>-j SET --add-set</c>).</summary>
    public static void Add(
        RuleStateStore states,
        int slot,
        PacketBuffer packet,
        SetMatchOptions options,
        bool exist,
        uint? timeoutSeconds,
        long nowNanoseconds)
    {
        if (!Fits(states, slot, packet, options))
        {
            return;
        }
        IpSet set = (IpSet)states.Write(slot);
        if (set.Header.Type.IsList)
        {
            foreach (int member in set.Members)
            {
                Add(states, member, packet, options, exist, timeoutSeconds, nowNanoseconds);
            }
            return;
        }
        if (!SetPacketKey.TryRead(set.Header, packet, options, out SetKey key, out ulong mac))
        {
            return;
        }
        long jiffies = Jiffies(nowNanoseconds);
        SetEntry entry = new()
        {
            Deadline = set.Header.TimeoutSeconds is null ? 0 : set.DeadlineOf(timeoutSeconds, jiffies),
            Packets = set.Header.HasCounters ? 1u : 0,
            Bytes = set.Header.HasCounters ? (ulong)packet.Length : 0,
            Mac = mac,
        };
        set.Add(WithStoredPrefix(set, key), entry, jiffies, exist, default);
    }

    /// <summary>Takes what a packet stands for out of a set (<c>-j SET --del-set</c>).</summary>
    public static void Delete(
        RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options, long nowNanoseconds)
    {
        if (!Fits(states, slot, packet, options))
        {
            return;
        }
        IpSet set = (IpSet)states.Write(slot);
        if (set.Header.Type.IsList)
        {
            foreach (int member in set.Members)
            {
                Delete(states, member, packet, options, nowNanoseconds);
            }
        }
        else if (SetPacketKey.TryRead(set.Header, packet, options, out SetKey key, out _))
        {
            set.Delete(WithStoredPrefix(set, key), Jiffies(nowNanoseconds));
        }
    }

    /// <summary>Whether an element is in a set as a packet would find it: nets by containment, exceptions excepted.</summary>
    public static bool Contains(IpSet set, SetKey key, long jiffies) => set.Header.Type.HasNets
        ? Kind(set, key, jiffies) == true
        : set.Contains(key, jiffies);

    /// <summary>Whether what a packet would find is an exception.</summary>
    public static bool IsException(IpSet set, SetKey key, long jiffies) => Kind(set, key, jiffies) == false;

    private static bool? Kind(IpSet set, SetKey key, long jiffies)
    {
        foreach (int pair in set.PrefixPairs)
        {
            SetKey net = Cut(key, pair);
            ref SetEntry entry = ref set.Find(net);
            if (!Unsafe.IsNullRef(ref entry) && !entry.IsExpired(jiffies))
            {
                return !entry.NoMatch;
            }
            if (set.HoldsNet(net))
            {
                return null;
            }
        }
        return null;
    }

    private static bool Fits(RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options)
    {
        IpSetHeader header = ((IpSet)states.Read(slot)).Header;
        return options.Dimensions >= header.Type.Dimension && (header.Type.IsList || IsUnspecified(header)
            || packet.Family == header.Family);
    }

    private static bool IsUnspecified(IpSetHeader header) => header.Type.Fields[0] == SetField.Port;

    private static bool TestSlot(
        RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options, long jiffies, out SetEntry found)
    {
        int answer = Answer(states, slot, packet, options, jiffies, out found);
        bool invert = options.ReturnNoMatch && ((IpSet)states.Read(slot)).Header.Type.HasNets
            && (answer > 0 || answer == Exception);
        return invert ? answer < 0 : answer > 0;
    }

    private static int Answer(
        RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options, long jiffies, out SetEntry found)
    {
        found = default;
        if (!Fits(states, slot, packet, options))
        {
            return 0;
        }
        IpSet set = (IpSet)states.Read(slot);
        if (set.Header.Type.IsList)
        {
            return AnswerOfList(states, slot, packet, options, jiffies, out found);
        }
        if (!SetPacketKey.TryRead(set.Header, packet, options, out SetKey key, out ulong mac))
        {
            return 0;
        }
        if (!set.Header.Type.HasNets)
        {
            return AnswerOfElement(states, slot, packet, options, jiffies, key, mac, out found);
        }
        foreach (int pair in set.PrefixPairs)
        {
            SetKey net = Cut(key, pair);
            int answer = AnswerOfElement(states, slot, packet, options, jiffies, net, mac, out found);
            if (answer != 0 || ((IpSet)states.Read(slot)).HoldsNet(net))
            {
                return answer;
            }
        }
        return 0;
    }

    private static int AnswerOfList(
        RuleStateStore states, int slot, PacketBuffer packet, SetMatchOptions options, long jiffies, out SetEntry found)
    {
        found = default;
        IpSet list = (IpSet)states.Read(slot);
        SetMatchOptions inner = options with
        {
            Packets = default,
            Bytes = default,
            SkipCounters = options.SkipCounters || options.SkipSubCounters,
        };
        foreach (int member in list.Members)
        {
            SetKey key = new() { Member = member };
            if (!list.Contains(key, jiffies) || !TestSlot(states, member, packet, inner, jiffies, out found))
            {
                continue;
            }
            if (AnswerOfElement(states, slot, packet, options, jiffies, key, 0, out _) > 0)
            {
                return 1;
            }
        }
        return 0;
    }

    /// <summary>Looks at one element (<c>ip_set_match_extensions</c>): timeout, counters, exception.</summary>
    private static int AnswerOfElement(
        RuleStateStore states,
        int slot,
        PacketBuffer packet,
        SetMatchOptions options,
        long jiffies,
        in SetKey key,
        ulong mac,
        out SetEntry found)
    {
        found = default;
        IpSet set = (IpSet)states.Read(slot);
        ref SetEntry entry = ref set.Find(key);
        if (Unsafe.IsNullRef(ref entry) || entry.IsExpired(jiffies))
        {
            return 0;
        }
        if (mac != 0 && entry.Mac != mac)
        {
            if (entry.Mac != 0)
            {
                return 0;
            }
            ((IpSet)states.Write(slot)).Find(key).Mac = mac;
        }
        if (set.Header.HasCounters)
        {
            if (!options.SkipCounters)
            {
                entry = ref ((IpSet)states.Write(slot)).Find(key);
                entry.Packets++;
                entry.Bytes += (ulong)packet.Length;
            }
            if (!options.Packets.Holds(entry.Packets) || !options.Bytes.Holds(entry.Bytes))
            {
                return 0;
            }
        }
        found = entry;
        return entry.NoMatch ? Exception : 1;
    }

    private static SetKey Cut(in SetKey key, int pair)
    {
        (byte first, byte second) = ((byte)(pair >> 8), (byte)pair);
        return key with
        {
            Ip = first == key.Prefix ? key.Ip : new NetPrefix(key.Ip, first).Address,
            Prefix = first,
            Ip2 = second == key.Prefix2 ? key.Ip2 : new NetPrefix(key.Ip2, second).Address,
            Prefix2 = second,
        };
    }

    // A net that a packet adds has the most specific prefix length that the set already holds (INIT_CIDR).
    private static SetKey WithStoredPrefix(IpSet set, in SetKey key)
    {
        if (!set.Header.Type.HasNets)
        {
            return key;
        }
        bool first = set.Header.Type.Fields[0] == SetField.Net;
        return first
            ? Cut(key, (set.FirstPrefix(key.Prefix) << 8) | key.Prefix2)
            : Cut(key, (key.Prefix << 8) | set.FirstPrefix(key.Prefix2));
    }
}
