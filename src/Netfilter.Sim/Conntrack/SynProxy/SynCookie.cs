using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.SynProxy;

/// <summary>
/// A sequence number that holds what has to be remembered of a SYN (<c>net/ipv4/syncookies.c secure_tcp_syn_cookie</c>,
/// <c>check_tcp_syn_cookie</c>): the minute and the segment size. Linux hides both with a random secret; here it is fixed.
/// </summary>
internal static class SynCookie
{
    private const int CountBits = 24;
    private const uint DataMask = (1 << CountBits) - 1, MaxAgeMinutes = 2;
    private const uint Secret0 = 0x5bd1e995, Secret1 = 0x1b873593;
    private const long NanosecondsPerMinute = 60_000_000_000;

    private static readonly ushort[] SizesV4 = [536, 1300, 1440, 1460];
    private static readonly ushort[] SizesV6 = [1220, 1420, 1440, 8940];

    /// <summary>The cookie for a SYN.</summary>
    /// <param name="syn">The packet.</param>
    /// <param name="mss">The segment size that it announces.</param>
    /// <param name="nowNanoseconds">The time.</param>
    public static uint Make(PacketBuffer syn, ushort mss, long nowNanoseconds)
    {
        ushort[] sizes = SizesOf(syn);
        uint index = (uint)sizes.Length - 1;
        while (index > 0 && mss < sizes[index])
        {
            index--;
        }
        uint count = CountAt(nowNanoseconds);
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(syn.Transport[4..]);
        return unchecked(Hash(syn, 0, Secret0) + sequence + (count << CountBits) + ((Hash(syn, count, Secret1) + index) & DataMask));
    }

    /// <summary>The segment size out of the cookie that an ACK acknowledges; 0 when it is not one of ours, or too old.</summary>
    public static ushort Check(PacketBuffer ack, long nowNanoseconds)
    {
        ReadOnlySpan<byte> tcp = ack.Transport;
        unchecked
        {
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) - 1;
            uint cookie = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]) - 1 - Hash(ack, 0, Secret0) - sequence;
            uint count = CountAt(nowNanoseconds);
            uint age = (count - (cookie >> CountBits)) & (uint.MaxValue >> CountBits);
            if (age >= MaxAgeMinutes)
            {
                return 0;
            }
            uint index = (cookie - Hash(ack, count - age, Secret1)) & DataMask;
            ushort[] sizes = SizesOf(ack);
            return index < sizes.Length ? sizes[index] : (ushort)0;
        }
    }

    private static ushort[] SizesOf(PacketBuffer packet) => packet.Family == IpFamily.IPv4 ? SizesV4 : SizesV6;

    private static uint CountAt(long nowNanoseconds) => unchecked((uint)(nowNanoseconds / NanosecondsPerMinute));

    private static uint Hash(PacketBuffer packet, uint count, uint secret)
    {
        uint ports = BinaryPrimitives.ReadUInt32BigEndian(packet.Transport);
        uint addresses = JenkinsHash.Hash3(Fold(packet.Source), Fold(packet.Destination), ports, secret);
        return JenkinsHash.Hash3(addresses, count, secret, ports);
    }

    private static uint Fold(NetAddress address)
    {
        UInt128 bits = address.Bits;
        return JenkinsHash.Hash4((uint)bits, (uint)(bits >> 32), (uint)(bits >> 64), (uint)(bits >> 96), Secret0);
    }
}
