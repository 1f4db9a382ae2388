using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Netfilter.Sim.Packets;

/// <summary>
/// Changes a checksum by what changed in the data under it (RFC 1624, <c>net/core/utils.c inet_proto_csum_replace4</c>,
/// <c>include/net/checksum.h csum_replace2</c>). A checksum that was wrong stays wrong by the same difference. Like
/// the kernel's the result is never 0xffff: of the two ways to write zero it is always 0.
/// </summary>
internal static class ChecksumUpdate
{
    /// <summary>What replacing one 16 bit word by another adds to the sum. Add up those of several changes and apply them at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Delta(ushort from, ushort to) => (uint)(ushort)~from + to;

    /// <summary>What replacing two words by others adds to the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Delta(uint from, uint to) =>
        Delta((ushort)(from >> 16), (ushort)(to >> 16)) + Delta((ushort)from, (ushort)to);

    /// <summary>What replacing an address in network order by another of the same length adds to the sum.</summary>
    public static uint Delta(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        (Checksum.Add(from) ^ 0xffff) + Checksum.Add(to);

    /// <summary>The checksum after changes.</summary>
    /// <param name="checksum">The field before.</param>
    /// <param name="delta">Sum of up to some thousand deltas.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Apply(ushort checksum, uint delta) => Checksum.Finish(0xffff + (uint)(ushort)~checksum + delta);

    /// <summary>Changes a checksum field in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(Span<byte> field, uint delta) =>
        BinaryPrimitives.WriteUInt16BigEndian(field, Apply(BinaryPrimitives.ReadUInt16BigEndian(field), delta));

    /// <summary>
    /// Changes the checksum of UDP in place: 0 means that there is none and stays, and a result of 0 is written as 0xffff
    /// (<c>net/netfilter/nf_nat_proto.c __udp_manip_pkt</c>).
    /// </summary>
    public static void ApplyUdp(Span<byte> field, uint delta)
    {
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(field);
        if (checksum != 0)
        {
            checksum = Apply(checksum, delta);
            BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 ? (ushort)0xffff : checksum);
        }
    }

    /// <summary>Replaces a 16 bit word and adjusts a checksum.</summary>
    public static void Replace16(Span<byte> field, ushort to, Span<byte> checksum)
    {
        uint delta = Delta(BinaryPrimitives.ReadUInt16BigEndian(field), to);
        BinaryPrimitives.WriteUInt16BigEndian(field, to);
        Apply(checksum, delta);
    }
}
