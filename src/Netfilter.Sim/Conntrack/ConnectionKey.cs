using System.Numerics;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Conntrack;

/// <summary>A tuple as records keep it, and its hash: IPv4 addresses whole, IPv6 addresses folded.</summary>
internal readonly struct ConnectionKey
{
    public readonly ulong Addresses;
    public readonly uint Ports;
    public readonly uint Hash;
    public readonly byte Protocol;
    public readonly bool IsIPv6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ConnectionKey(in ConnectionTuple tuple)
    {
        IsIPv6 = tuple.Family == IpFamily.IPv6;
        Addresses = IsIPv6
            ? Fold(tuple.Source.Bits) | ((ulong)Fold(tuple.Destination.Bits) << 32)
            : tuple.Source.IPv4Bits | ((ulong)tuple.Destination.IPv4Bits << 32);
        Ports = tuple.SourcePort | ((uint)tuple.DestinationPort << 16);
        Protocol = tuple.Protocol;
        Hash = HashOf(Addresses, Ports, Protocol);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ConnectionKey(in ConnectionRecord record, ConnectionDirection direction)
    {
        bool original = direction == ConnectionDirection.Original;
        (Addresses, Ports) = original
            ? (record.OriginalAddresses, record.OriginalPorts)
            : (record.ReplyAddresses, record.ReplyPorts);
        (Protocol, IsIPv6) = (record.Protocol, record.IsIPv6);
        Hash = HashOf(Addresses, Ports, Protocol);
    }

    public static uint HashOf(ulong addresses, uint ports, byte protocol)
    {
        ulong hash = (addresses ^ BitOperations.RotateLeft(addresses, 29)) * 0x9e3779b97f4a7c15;
        hash ^= (ports | ((ulong)protocol << 32)) * 0xc2b2ae3d27d4eb4f;
        hash = (hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9;
        return (uint)(hash >> 32);
    }

    private static uint Fold(UInt128 bits)
    {
        ulong high = (ulong)(bits >> 64), low = (ulong)bits;
        return (uint)((((high * 0x9e3779b97f4a7c15) ^ BitOperations.RotateLeft(low, 32)) * 0xc2b2ae3d27d4eb4f) >> 32);
    }
}
