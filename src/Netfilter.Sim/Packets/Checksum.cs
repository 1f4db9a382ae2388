using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// The checksums of the Internet protocols, computed in full: the one's complement sum of IPv4, TCP, UDP and ICMP
/// (RFC 1071, <c>lib/checksum.c</c>) and SCTP's CRC32c (RFC 9260, <c>include/net/sctp/checksum.h</c>).
/// </summary>
internal static class Checksum
{
    /// <summary>
    /// Adds bytes, read as 16 bit words in network order, to a sum. A last odd byte counts as the high half of a word, so
    /// only the last piece of data may have an odd length.
    /// </summary>
    /// <returns>A sum that can be added to and is finished by <see cref="Finish"/>.</returns>
    public static uint Add(ReadOnlySpan<byte> data, uint sum = 0)
    {
        ulong total = 0;
        ref byte at = ref MemoryMarshal.GetReference(data);
        int length = data.Length;
        if (Vector256.IsHardwareAccelerated && length >= 64)
        {
            total = AddVectors(ref at, length & ~31);
            at = ref Unsafe.Add(ref at, length & ~31);
            length &= 31;
        }
        for (; length >= 4; length -= 4, at = ref Unsafe.Add(ref at, 4))
        {
            total += Unsafe.ReadUnaligned<uint>(ref at);
        }
        if (length >= 2)
        {
            total += Unsafe.ReadUnaligned<ushort>(ref at);
            at = ref Unsafe.Add(ref at, 2);
            length -= 2;
        }
        if (length == 1)
        {
            total += BitConverter.IsLittleEndian ? at : (uint)at << 8;
        }
        total = (total & 0xffffffff) + (total >> 32);
        total = (total & 0xffffffff) + (total >> 32);
        uint folded = Fold((uint)total);
        return sum + (BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)folded) : folded);
    }

    /// <summary>Folds a sum to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fold(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (sum & 0xffff) + (sum >> 16);
    }

    /// <summary>Makes the checksum field of a sum (<c>csum_fold</c>). Over data that holds a right checksum it is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Finish(uint sum) => (ushort)~Fold(sum);

    /// <summary>The checksum of bytes (<c>ip_compute_csum</c>); 0 when they hold a right one.</summary>
    public static ushort Of(ReadOnlySpan<byte> data) => Finish(Add(data));

    /// <summary>The sum of the pseudo header that TCP, UDP and ICMPv6 begin with (<c>csum_tcpudp_nofold</c>, <c>csum_ipv6_magic</c>).</summary>
    /// <param name="ip">A packet that has at least its fixed IP header.</param>
    /// <param name="family">The family of that header.</param>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="length">Length of transport header and payload in bytes.</param>
    public static uint PseudoHeader(ReadOnlySpan<byte> ip, IpFamily family, byte protocol, int length)
    {
        ReadOnlySpan<byte> addresses = family == IpFamily.IPv4 ? ip.Slice(12, 8) : ip.Slice(8, 32);
        return Add(addresses, protocol + (uint)(length & 0xffff) + (uint)(length >>> 16));
    }

    /// <summary>
    /// What a transport checksum comes to over a packet, the field's present value included: 0 when it is right.
    /// UDP-Lite sums what its coverage says.
    /// </summary>
    /// <param name="ip">The packet.</param>
    /// <param name="family">Its family.</param>
    /// <param name="offset">Where the transport header begins; not beyond the end.</param>
    /// <param name="protocol">TCP, UDP, UDP-Lite, ICMP or ICMPv6; others are summed without a pseudo header.</param>
    public static ushort OfTransport(ReadOnlySpan<byte> ip, IpFamily family, int offset, byte protocol)
    {
        ReadOnlySpan<byte> transport = ip[offset..];
        uint sum = HasPseudoHeader(protocol) ? PseudoHeader(ip, family, protocol, transport.Length) : 0;
        if (protocol == IpProtocols.UdpLite)
        {
            int coverage = UdpLiteCoverage(transport);
            transport = transport[..coverage];
        }
        return Finish(Add(transport, sum));
    }

    /// <summary>Whether a protocol's checksum covers the addresses.</summary>
    public static bool HasPseudoHeader(byte protocol) =>
        protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.IcmpV6 or IpProtocols.Dccp;

    /// <summary>Where a protocol's 16 bit checksum lies in its header, or −1 when it has none.</summary>
    public static int FieldOffset(byte protocol) => protocol switch
    {
        IpProtocols.Tcp => 16,
        IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Dccp => 6,
        IpProtocols.Icmp or IpProtocols.IcmpV6 => 2,
        _ => -1,
    };

    /// <summary>How many bytes a UDP-Lite checksum covers; everything when the field is 0 or makes no sense.</summary>
    public static int UdpLiteCoverage(ReadOnlySpan<byte> transport)
    {
        int coverage = transport.Length >= 6 ? BinaryPrimitives.ReadUInt16BigEndian(transport[4..]) : 0;
        return coverage < 8 || coverage > transport.Length ? transport.Length : coverage;
    }

    /// <summary>SCTP's checksum over header and chunks, with the checksum field taken as 0 (<c>sctp_compute_cksum</c>).</summary>
    /// <param name="sctp">At least the 12 bytes of the common header.</param>
    /// <returns>The value as it is written, in little endian order, at offset 8.</returns>
    public static uint Sctp(ReadOnlySpan<byte> sctp)
    {
        uint crc = Crc32C(sctp[..8], uint.MaxValue);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Crc32C(sctp[12..], crc);
    }

    private static uint Crc32C(ReadOnlySpan<byte> data, uint crc)
    {
        for (; data.Length >= 8; data = data[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }
        foreach (byte b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        return crc;
    }

    private static ulong AddVectors(ref byte at, int length)
    {
        Vector256<ulong> lower = default, upper = default;
        for (int i = 0; i < length; i += 32)
        {
            Vector256<uint> words = Vector256.LoadUnsafe(ref Unsafe.Add(ref at, i)).AsUInt32();
            (Vector256<ulong> low, Vector256<ulong> high) = Vector256.Widen(words);
            lower += low;
            upper += high;
        }
        return Vector256.Sum(lower + upper);
    }
}
