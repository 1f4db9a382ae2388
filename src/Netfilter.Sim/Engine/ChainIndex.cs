using System.Numerics;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Finds the rules of a chain that a packet can match, in order, without trying the others (D6). Rules with one
/// destination address, or one protocol and destination port, or both, lie in a hash table; the rest is always tried.
/// What is left out cannot match, and nobody can tell: the header is compared before any match is asked, and only
/// matches that are always true stand before the port. Packets whose header could make the port match drop them take
/// the linear way (<see cref="TransportView.IsWhole"/>).
/// </summary>
internal sealed class ChainIndex<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    public const int FewestRules = 12;

    private readonly RuleCode<TAddress>[] _rules;
    private readonly int[] _next;
    private readonly int[] _buckets;
    private readonly int[] _rest;
    private readonly IndexKey _present;

    private ChainIndex(RuleCode<TAddress>[] rules, int hashed)
    {
        _rules = rules;
        _next = new int[rules.Length];
        _buckets = new int[BitOperations.RoundUpToPowerOf2((uint)hashed * 2)];
        _rest = new int[rules.Length - hashed + 1];
        Array.Fill(_buckets, -1);
        int rest = 0;
        for (int i = 0; i < rules.Length; i++)
        {
            _next[i] = int.MaxValue;
            _present |= rules[i].Key;
            if (rules[i].Key == IndexKey.None)
            {
                _rest[rest++] = i;
            }
        }
        _rest[rest] = int.MaxValue;
        for (int i = rules.Length - 1; i >= 0; i--)
        {
            if (rules[i].Key != IndexKey.None)
            {
                Put(i);
            }
        }
    }

    /// <summary>Makes an index, or null when too few rules could be skipped. Sets the rules' places in it.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="ports">For each rule the destination port it requires, or −1.</param>
    public static ChainIndex<TAddress>? Create(RuleCode<TAddress>[] rules, int[] ports)
    {
        int hashed = 0;
        for (int i = 0; i < rules.Length; i++)
        {
            ref RuleCode<TAddress> rule = ref rules[i];
            bool address = rule.DestinationMask.IsFull && (rule.Flags & IpSpecFlags.NotDestination) == 0;
            bool port = ports[i] >= 0 && TransportView.HasPorts(rule.Protocol) && (rule.Flags & IpSpecFlags.NotProtocol) == 0;
            rule.Key = (address, port) switch
            {
                (true, true) => IndexKey.DestinationAndPort,
                (true, false) => IndexKey.Destination,
                (false, true) => IndexKey.Port,
                _ => IndexKey.None,
            };
            rule.KeyPort = port ? (ushort)ports[i] : (ushort)0;
            hashed += rule.Key == IndexKey.None ? 0 : 1;
        }
        return hashed < FewestRules || hashed < rules.Length / 2 ? null : new ChainIndex<TAddress>(rules, hashed);
    }

    /// <summary>The candidates for a packet from the chain's first rule on.</summary>
    public Cursor Find(in PacketKey<TAddress> key, in TransportView transport)
    {
        Cursor cursor = new() { Address = int.MaxValue, Port = int.MaxValue, Both = int.MaxValue };
        bool hasPorts = TransportView.HasPorts(key.Protocol);
        if ((_present & IndexKey.DestinationAndPort) != 0 && hasPorts)
        {
            cursor.Both = First(IndexKey.DestinationAndPort, key.Destination, key.Protocol, transport.DestinationPort);
        }
        if ((_present & IndexKey.Destination) != 0)
        {
            cursor.Address = First(IndexKey.Destination, key.Destination, 0, 0);
        }
        if ((_present & IndexKey.Port) != 0 && hasPorts)
        {
            cursor.Port = First(IndexKey.Port, default, key.Protocol, transport.DestinationPort);
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

    public long EstimateBytes() => 4L * (_next.Length + _buckets.Length + _rest.Length);

    private static uint HashOf(IndexKey kind, in TAddress destination, uint protocol, uint port)
    {
        uint hash = kind == IndexKey.Port ? 0 : destination.Hash;
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

    private int First(IndexKey kind, in TAddress destination, uint protocol, uint port)
    {
        int mask = _buckets.Length - 1;
        int bucket = (int)HashOf(kind, destination, protocol, port) & mask;
        for (; _buckets[bucket] >= 0; bucket = (bucket + 1) & mask)
        {
            int position = _buckets[bucket];
            if (IsKey(position, kind, destination, protocol, port))
            {
                return position;
            }
        }
        return int.MaxValue;
    }

    private bool IsKey(int position, IndexKey kind, in TAddress destination, uint protocol, uint port)
    {
        ref readonly RuleCode<TAddress> rule = ref _rules[position];
        return rule.Key == kind
            && (kind == IndexKey.Port || rule.Destination.Same(destination))
            && (kind == IndexKey.Destination || (rule.Protocol == protocol && rule.KeyPort == port));
    }

    // Called from the last rule to the first, so that rules of one key hang together in order.
    private void Put(int position)
    {
        ref readonly RuleCode<TAddress> rule = ref _rules[position];
        uint protocol = rule.Key == IndexKey.Destination ? 0u : rule.Protocol;
        int mask = _buckets.Length - 1;
        int bucket = (int)HashOf(rule.Key, rule.Destination, protocol, rule.KeyPort) & mask;
        for (; _buckets[bucket] >= 0; bucket = (bucket + 1) & mask)
        {
            int known = _buckets[bucket];
            if (IsKey(known, rule.Key, rule.Destination, protocol, rule.KeyPort))
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
