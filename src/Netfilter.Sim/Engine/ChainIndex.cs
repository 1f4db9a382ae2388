using System.Numerics;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Finds the rules of a chain that a packet can match, in order, without trying the others (D6). Rules with one
/// destination address, or one protocol and destination port, or both, lie in a hash table; the rest is always tried.
/// What is left out cannot match, and nobody can tell: the header is compared before any match is asked, and only
/// matches that are always true stand before the port. Packets whose header could make the port match drop them take
/// the linear way (<see cref="CanServe"/>).
/// </summary>
internal sealed class ChainIndex<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    private const int FewestRules = 12;

    private readonly RuleHead<TAddress>[] _heads;
    private readonly ushort[] _ports;
    private readonly KeyKind[] _kinds;
    private readonly int[] _next;
    private readonly int[] _buckets;
    private readonly int[] _rest;
    private readonly KeyKind _present;

    private ChainIndex(RuleHead<TAddress>[] heads, ushort[] ports, KeyKind[] kinds, int hashed)
    {
        (_heads, _ports, _kinds) = (heads, ports, kinds);
        _next = new int[heads.Length];
        _buckets = new int[BitOperations.RoundUpToPowerOf2((uint)hashed * 2)];
        _rest = new int[heads.Length - hashed + 1];
        Array.Fill(_buckets, -1);
        int rest = 0;
        for (int i = 0; i < heads.Length; i++)
        {
            _next[i] = int.MaxValue;
            _present |= kinds[i];
            if (kinds[i] == KeyKind.None)
            {
                _rest[rest++] = i;
            }
        }
        _rest[rest] = int.MaxValue;
        for (int i = heads.Length - 1; i >= 0; i--)
        {
            if (kinds[i] != KeyKind.None)
            {
                Put(i);
            }
        }
    }

    /// <summary>Which parts of a packet a rule's place in the hash depends on.</summary>
    [Flags]
    private enum KeyKind : byte
    {
        None = 0,
        Destination = 1,
        Port = 2,
        DestinationAndPort = 4,
    }

    /// <summary>Makes an index, or null when too few rules could be skipped.</summary>
    /// <param name="heads">The rules' heads.</param>
    /// <param name="ports">For each rule the destination port it requires, or −1.</param>
    public static ChainIndex<TAddress>? Create(RuleHead<TAddress>[] heads, int[] ports)
    {
        KeyKind[] kinds = new KeyKind[heads.Length];
        ushort[] keyPorts = new ushort[heads.Length];
        int hashed = 0;
        for (int i = 0; i < heads.Length; i++)
        {
            ref readonly RuleHead<TAddress> head = ref heads[i];
            bool address = head.DestinationMask.IsFull && (head.Flags & Rules.IpSpecFlags.NotDestination) == 0;
            bool port = ports[i] >= 0 && HasPorts(head.Protocol) && (head.Flags & Rules.IpSpecFlags.NotProtocol) == 0;
            kinds[i] = (address, port) switch
            {
                (true, true) => KeyKind.DestinationAndPort,
                (true, false) => KeyKind.Destination,
                (false, true) => KeyKind.Port,
                _ => KeyKind.None,
            };
            keyPorts[i] = port ? (ushort)ports[i] : (ushort)0;
            hashed += kinds[i] == KeyKind.None ? 0 : 1;
        }
        return hashed < FewestRules || hashed < heads.Length / 2
            ? null
            : new ChainIndex<TAddress>(heads, keyPorts, kinds, hashed);
    }

    /// <summary>Whether the packet is one for which leaving rules out changes nothing.</summary>
    public static bool CanServe(PacketBuffer packet) =>
        packet.HasTransport && packet.FragmentOffset == 0 && packet.Transport.Length >= HeaderLength(packet.Protocol);

    /// <summary>The candidates for a packet from the chain's first rule on.</summary>
    public Cursor Find(in PacketKey<TAddress> key, PacketBuffer packet)
    {
        Cursor cursor = new() { Address = int.MaxValue, Port = int.MaxValue, Both = int.MaxValue };
        bool hasPorts = HasPorts(key.Protocol);
        uint port = hasPorts ? packet.ReadUInt16(packet.TransportOffset + 2) : 0u;
        if ((_present & KeyKind.DestinationAndPort) != 0 && hasPorts)
        {
            cursor.Both = First(KeyKind.DestinationAndPort, key.Destination, key.Protocol, port);
        }
        if ((_present & KeyKind.Destination) != 0)
        {
            cursor.Address = First(KeyKind.Destination, key.Destination, 0, 0);
        }
        if ((_present & KeyKind.Port) != 0 && hasPorts)
        {
            cursor.Port = First(KeyKind.Port, default, key.Protocol, port);
        }
        return cursor;
    }

    /// <summary>The next candidate at or after a rule, or the largest number when there is none.</summary>
    public int Next(ref Cursor cursor, int from)
    {
        cursor.Address = Skip(cursor.Address, from);
        cursor.Port = Skip(cursor.Port, from);
        cursor.Both = Skip(cursor.Both, from);
        while (_rest[cursor.Rest] < from)
        {
            cursor.Rest++;
        }
        return Math.Min(Math.Min(cursor.Address, cursor.Port), Math.Min(cursor.Both, _rest[cursor.Rest]));
    }

    public long EstimateBytes() => (7L * _heads.Length) + (4L * (_buckets.Length + _rest.Length));

    private static bool HasPorts(int protocol) => protocol is 6 or 17 or 33 or 132 or 136;

    private static int HeaderLength(byte protocol) => protocol switch
    {
        6 => 20,
        17 or 136 => 8,
        33 or 132 => 12,
        _ => 0,
    };

    private static uint HashOf(KeyKind kind, in TAddress destination, uint protocol, uint port)
    {
        uint hash = kind == KeyKind.Port ? 0 : destination.Hash;
        hash = (hash ^ (port << 8) ^ protocol ^ ((uint)kind << 28)) * 0x85ebca6b;
        return hash ^ (hash >> 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Skip(int position, int from)
    {
        while (position < from)
        {
            position = _next[position];
        }
        return position;
    }

    private int First(KeyKind kind, in TAddress destination, uint protocol, uint port)
    {
        int mask = _buckets.Length - 1;
        int bucket = (int)HashOf(kind, destination, protocol, port) & mask;
        for (; _buckets[bucket] >= 0; bucket = (bucket + 1) & mask)
        {
            int position = _buckets[bucket];
            if (_kinds[position] == kind && IsKey(position, kind, destination, protocol, port))
            {
                return position;
            }
        }
        return int.MaxValue;
    }

    private bool IsKey(int position, KeyKind kind, in TAddress destination, uint protocol, uint port)
    {
        ref readonly RuleHead<TAddress> head = ref _heads[position];
        return (kind == KeyKind.Port || head.Destination.Same(destination))
            && (kind == KeyKind.Destination || (head.Protocol == protocol && _ports[position] == port));
    }

    // Called from the last rule to the first, so that rules of one key hang together in order.
    private void Put(int position)
    {
        ref readonly RuleHead<TAddress> head = ref _heads[position];
        KeyKind kind = _kinds[position];
        uint protocol = kind == KeyKind.Destination ? 0u : head.Protocol;
        int mask = _buckets.Length - 1;
        int bucket = (int)HashOf(kind, head.Destination, protocol, _ports[position]) & mask;
        for (; _buckets[bucket] >= 0; bucket = (bucket + 1) & mask)
        {
            int known = _buckets[bucket];
            if (_kinds[known] == kind && IsKey(known, kind, head.Destination, protocol, _ports[position]))
            {
                _next[position] = known;
                break;
            }
        }
        _buckets[bucket] = position;
    }

    /// <summary>Where a packet stands in each of the lists of its candidates.</summary>
    public struct Cursor
    {
        internal int Address, Port, Both, Rest;
    }
}
