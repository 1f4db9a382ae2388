using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

// Changing the bytes. Everything here keeps checksums as right or as wrong as they were, except where the kernel computes
// them anew. Nothing allocates unless the packet outgrows its buffer.
public sealed partial class PacketBuffer
{
    /// <summary>Replaces the source address, with the checksums that cover it.</summary>
    internal void SetSource(NetAddress address)
    {
        if (Family == IpFamily.IPv4)
        {
            SetAddressV4(12, address.IPv4Bits);
        }
        else
        {
            SetAddressV6(8, address);
        }
    }

    /// <summary>Replaces the destination address, with the checksums that cover it.</summary>
    internal void SetDestination(NetAddress address)
    {
        if (Family == IpFamily.IPv4)
        {
            SetAddressV4(16, address.IPv4Bits);
        }
        else
        {
            SetAddressV6(24, address);
        }
    }

    /// <summary>Replaces source address and port at once (<c>nf_nat_proto.c nf_nat_ipv4_manip_pkt</c>).</summary>
    internal void SetSource(NetAddress address, ushort port)
    {
        SetSource(address);
        SetSourcePort(port);
    }

    /// <summary>Replaces destination address and port at once.</summary>
    internal void SetDestination(NetAddress address, ushort port)
    {
        SetDestination(address);
        SetDestinationPort(port);
    }

    /// <summary>Replaces the source port of TCP, UDP, UDP-Lite or SCTP, with the checksum; does nothing where there is none.</summary>
    internal void SetSourcePort(ushort port) => SetPort(0, port);

    /// <summary>Replaces the destination port of TCP, UDP, UDP-Lite or SCTP, with the checksum; does nothing where there is none.</summary>
    internal void SetDestinationPort(ushort port) => SetPort(2, port);

    /// <summary>
    /// Replaces the identifier of an ICMP or ICMPv6 query, with the checksum; does nothing when the packet is too short.
    /// </summary>
    internal void SetIcmpIdentifier(ushort identifier)
    {
        if (HasChecksumField(8))
        {
            ReplaceTransport16(4, identifier);
        }
    }

    /// <summary>Replaces TTL or hop limit, with IPv4's header checksum.</summary>
    internal void SetTtl(byte value)
    {
        if (Family == IpFamily.IPv6)
        {
            Bytes[Start + 7] = value;
            return;
        }
        ReplaceHeaderV4(8, (ushort)((value << 8) | Bytes[Start + 9]));
    }

    /// <summary>TTL or hop limit.</summary>
    public byte Ttl => Bytes[Start + (Family == IpFamily.IPv6 ? 7 : 8)];

    /// <summary>Type of service or traffic class: DSCP in the upper six bits, ECN in the lower two.</summary>
    public byte TypeOfService => Family == IpFamily.IPv4
        ? Bytes[Start + 1]
        : (byte)(ReadUInt16(0) >> 4);

    /// <summary>Replaces type of service or traffic class, with IPv4's header checksum (<c>ipv4_change_dsfield</c>).</summary>
    internal void SetTypeOfService(byte value)
    {
        if (Family == IpFamily.IPv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan(Start), (ushort)((ReadUInt16(0) & 0xf00f) | (value << 4)));
            return;
        }
        ReplaceHeaderV4(0, (ushort)((Bytes[Start] << 8) | value));
    }

    /// <summary>Replaces the identification of an IPv4 header, with its checksum.</summary>
    internal void SetIdentification(ushort value) => ReplaceHeaderV4(4, value);

    /// <summary>
    /// Replaces a 16 bit word of the transport header or payload, with the checksum if the protocol has one and the packet
    /// is no later fragment.
    /// </summary>
    /// <param name="offset">From the transport header; even, and the word lies within the packet.</param>
    /// <param name="value">The new word.</param>
    internal void ReplaceTransport16(int offset, ushort value)
    {
        Span<byte> word = Bytes.AsSpan(Start + TransportOffset + offset, 2);
        uint delta = ChecksumUpdate.Delta(BinaryPrimitives.ReadUInt16BigEndian(word), value);
        BinaryPrimitives.WriteUInt16BigEndian(word, value);
        AdjustTransportChecksum(delta);
    }

    private Span<byte> ChecksumField => Bytes.AsSpan(Start + TransportOffset + Checksum.FieldOffset(Protocol), 2);

    /// <summary>
    /// Leaves the transport checksum to the interface: until the packet leaves, its field holds the sum of the pseudo header
    /// (<c>CHECKSUM_PARTIAL</c>). A UDP datagram without a checksum stays without.
    /// </summary>
    internal void MakeChecksumPartial()
    {
        if (Protocol == IpProtocols.Udp && !HasPartialChecksum && !ChecksumField.ContainsAnyExcept((byte)0))
        {
            return;
        }
        BinaryPrimitives.WriteUInt16BigEndian(ChecksumField, (ushort)~Checksum.Finish(PseudoHeader));
        HasPartialChecksum = true;
    }

    /// <summary>
    /// Computes a transport checksum that was left to the interface (<c>skb_checksum_help</c>): of the segment with what is in
    /// the field, so that addresses that were changed without a word to the checksum leave it wrong.
    /// </summary>
    internal void CompleteChecksum()
    {
        if (HasPartialChecksum)
        {
            ushort checksum = Checksum.Of(Transport);
            BinaryPrimitives.WriteUInt16BigEndian(ChecksumField, checksum == 0 ? (ushort)0xffff : checksum);
            HasPartialChecksum = false;
        }
    }

    /// <summary>What the field holds while the checksum is left to the interface, and for which addresses.</summary>
    internal (ushort Field, uint PseudoHeader) PartialChecksum =>
        (BinaryPrimitives.ReadUInt16BigEndian(ChecksumField), PseudoHeader);

    /// <summary>
    /// Lets the field of a checksum that is left to the interface follow the addresses (<c>inet_proto_csum_replace4</c> with
    /// <c>pseudohdr</c>), whatever has been written there.
    /// </summary>
    /// <param name="before"><see cref="PartialChecksum"/> before they changed.</param>
    internal void FollowAddresses((ushort Field, uint PseudoHeader) before)
    {
        uint delta = ChecksumUpdate.Delta((ushort)Checksum.Fold(before.PseudoHeader), (ushort)Checksum.Fold(PseudoHeader));
        BinaryPrimitives.WriteUInt16BigEndian(ChecksumField, (ushort)~ChecksumUpdate.Apply((ushort)~before.Field, delta));
    }

    private uint PseudoHeader => Checksum.PseudoHeader(Span, Family, Protocol, Length - TransportOffset);

    /// <summary>
    /// Adds a delta (<see cref="ChecksumUpdate"/>) to the checksum of the transport header, if the protocol has one, the
    /// header is there and this is no later fragment.
    /// </summary>
    internal void AdjustTransportChecksum(uint delta)
    {
        if (HasPartialChecksum || !HasChecksumField(Protocol == IpProtocols.Tcp ? 20 : 8))
        {
            return;
        }
        Span<byte> field = Bytes.AsSpan(Start + TransportOffset + Checksum.FieldOffset(Protocol), 2);
        if (Protocol is IpProtocols.Udp)
        {
            ChecksumUpdate.ApplyUdp(field, delta);
        }
        else
        {
            ChecksumUpdate.Apply(field, delta);
        }
    }

    /// <summary>
    /// Computes the transport checksum anew: TCP, UDP (unless it has none), UDP-Lite, ICMP, ICMPv6, SCTP. Later fragments
    /// and headers that are cut off stay as they are.
    /// </summary>
    internal void RecomputeTransportChecksum()
    {
        if (Protocol == IpProtocols.Sctp)
        {
            if (FragmentOffset == 0 && Length >= TransportOffset + 12)
            {
                Span<byte> sctp = Bytes.AsSpan(Start + TransportOffset, Length - TransportOffset);
                BinaryPrimitives.WriteUInt32LittleEndian(sctp[8..], Checksum.Sctp(sctp));
            }
            return;
        }
        if (!HasChecksumField(Protocol == IpProtocols.Tcp ? 20 : 8))
        {
            return;
        }
        Span<byte> field = Bytes.AsSpan(Start + TransportOffset + Checksum.FieldOffset(Protocol), 2);
        if (Protocol == IpProtocols.Udp && field[0] == 0 && field[1] == 0)
        {
            return;
        }
        BinaryPrimitives.WriteUInt16BigEndian(field, 0);
        ushort checksum = Checksum.OfTransport(Span, Family, TransportOffset, Protocol);
        bool zeroMeansNone = Protocol is IpProtocols.Udp or IpProtocols.UdpLite;
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 && zeroMeansNone ? (ushort)0xffff : checksum);
    }

    /// <summary>Computes the checksum of an IPv4 header anew (<c>ip_send_check</c>).</summary>
    internal void RecomputeHeaderChecksum()
    {
        Span<byte> header = Bytes.AsSpan(Start, Math.Min(HeaderLengthV4, Length));
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], Checksum.Of(header));
    }

    /// <summary>
    /// Replaces a piece of what follows the network headers by another of any length, as helpers rewrite addresses in a
    /// payload: lengths are set, and checksums computed anew (<c>net/netfilter/nf_nat_helper.c mangle_contents</c>).
    /// </summary>
    /// <param name="offset">From the transport header.</param>
    /// <param name="length">Bytes to take out.</param>
    /// <param name="replacement">Bytes to put in; not of this buffer.</param>
    /// <returns>False when the packet would grow beyond 65535 bytes; nothing is changed then.</returns>
    internal bool ReplaceInTransport(int offset, int length, ReadOnlySpan<byte> replacement)
    {
        int newLength = Length + replacement.Length - length;
        int limit = Family == IpFamily.IPv4 ? 65535 : 65535 + 40;
        if (newLength > limit)
        {
            return false;
        }
        Linearize();
        int at = TransportOffset + offset;
        int tail = Length - at - length;
        EnsureCapacity(newLength);
        Bytes.AsSpan(Start + at + length, tail).CopyTo(Bytes.AsSpan(Start + at + replacement.Length));
        replacement.CopyTo(Bytes.AsSpan(Start + at));
        SetLength(newLength);
        if (Protocol is IpProtocols.Udp && Length >= TransportOffset + 8)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                Bytes.AsSpan(Start + TransportOffset + 4), (ushort)(Length - TransportOffset));
        }
        RecomputeTransportChecksum();
        return true;
    }

    /// <summary>
    /// Makes the packet longer or shorter at its end, with the length field of the IP header and its checksum. New bytes
    /// are not cleared; the transport checksum is the caller's.
    /// </summary>
    internal void SetLength(int length)
    {
        EnsureCapacity(length);
        Length = length;
        if (Family == IpFamily.IPv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan(Start + 2), (ushort)length);
            RecomputeHeaderChecksum();
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan(Start + 4), (ushort)(length - 40));
        }
    }

    /// <summary>Takes an IPv6 fragment header out; length and next header fields are the caller's.</summary>
    /// <param name="offset">Where it begins.</param>
    internal void RemoveFragmentHeader(int offset)
    {
        int begin = Start - LinkHeaderLength;
        Bytes.AsSpan(begin, LinkHeaderLength + offset).CopyTo(Bytes.AsSpan(begin + 8));
        (Start, Length) = (Start + 8, Length - 8);
    }

    /// <summary>Makes one run of bytes of a packet that came in fragments (<c>skb_linearize</c>).</summary>
    internal void Linearize() => Pieces.Clear();

    /// <summary>
    /// Makes the first piece of a packet that came in fragments at least as long as what is about to be written
    /// (<c>skb_ensure_writable</c>): later ones lose what it gains.
    /// </summary>
    private void Pull(int length)
    {
        int missing = Pieces.Count == 0 ? 0 : length - PiecesStart - Pieces[0];
        while (missing > 0 && Pieces.Count > 1)
        {
            int taken = Math.Min(missing, Pieces[1]);
            Pieces[0] += taken;
            missing -= taken;
            if (taken == Pieces[1])
            {
                Pieces.RemoveAt(1);
            }
            else
            {
                Pieces[1] -= taken;
            }
        }
    }

    /// <summary>Cuts bytes off the end without touching any field (<c>pskb_trim_rcsum</c>).</summary>
    internal void Trim(int length) => Length = Math.Min(Length, length);

    /// <summary>
    /// Makes room before the packet and lets it begin there; the caller writes the new bytes (a tunnel's or link's header)
    /// and parses again.
    /// </summary>
    internal Span<byte> Prepend(int count)
    {
        if (Start < count)
        {
            byte[] larger = new byte[Headroom + count + Math.Max(Bytes.Length, Length)];
            Span.CopyTo(larger.AsSpan(Headroom + count));
            (Bytes, Start) = (larger, Headroom + count);
        }
        Start -= count;
        Length += count;
        return Bytes.AsSpan(Start, count);
    }

    /// <summary>Replaces the whole packet and reads its headers anew; metadata stays.</summary>
    internal void ReplaceBytes(ReadOnlySpan<byte> ip)
    {
        (Start, Length) = (Headroom, 0);
        EnsureCapacity(ip.Length);
        ip.CopyTo(Bytes.AsSpan(Start));
        Length = ip.Length;
        PacketParser.ParseNetworkHeader(this);
    }

    /// <summary>
    /// Begins a new packet of a length, for the caller to fill and parse; forgets all metadata of the one before. The bytes are
    /// those of an earlier packet.
    /// </summary>
    internal Span<byte> Begin(int length)
    {
        ResetMetadata();
        (Start, Length) = (Headroom, 0);
        EnsureCapacity(length);
        Length = length;
        return Writable;
    }

    /// <summary>Makes the buffer large enough for a packet of a length; the present bytes are kept.</summary>
    internal void EnsureCapacity(int length)
    {
        if (Bytes.Length - Start >= length)
        {
            return;
        }
        byte[] larger = new byte[Math.Max(Start + length, Bytes.Length * 2)];
        Bytes.AsSpan(0, Start + Length).CopyTo(larger);
        Bytes = larger;
    }

    private int HeaderLengthV4 => (Bytes[Start] & 15) * 4;

    private void SetAddressV4(int offset, uint value)
    {
        Span<byte> field = Bytes.AsSpan(Start + offset, 4);
        uint delta = ChecksumUpdate.Delta(BinaryPrimitives.ReadUInt32BigEndian(field), value);
        BinaryPrimitives.WriteUInt32BigEndian(field, value);
        ChecksumUpdate.Apply(Bytes.AsSpan(Start + 10, 2), delta);
        AdjustPseudoHeader(delta);
    }

    private void SetAddressV6(int offset, NetAddress address)
    {
        Span<byte> field = Bytes.AsSpan(Start + offset, 16);
        Span<byte> value = stackalloc byte[16];
        address.WriteBytes(value);
        uint delta = ChecksumUpdate.Delta(field, value);
        value.CopyTo(field);
        AdjustPseudoHeader(delta);
    }

    private void AdjustPseudoHeader(uint delta)
    {
        if (HasPartialChecksum)
        {
            Span<byte> field = ChecksumField;
            ushort sum = BinaryPrimitives.ReadUInt16BigEndian(field);
            BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)~ChecksumUpdate.Apply((ushort)~sum, delta));
            return;
        }
        if (Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite
            || (Protocol == IpProtocols.IcmpV6 && Family == IpFamily.IPv6))
        {
            AdjustTransportChecksum(delta);
        }
    }

    private void SetPort(int offset, ushort port)
    {
        if (FragmentOffset != 0 || !HasTransport || Length < TransportOffset + 4)
        {
            return;
        }
        Pull(Math.Min(Length, TransportOffset + TransportHeader.FixedLength(Protocol)));
        if (Protocol == IpProtocols.Sctp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan(Start + TransportOffset + offset), port);
            RecomputeTransportChecksum();
        }
        else if (Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite)
        {
            ReplaceTransport16(offset, port);
        }
    }

    /// <summary>Whether the first <paramref name="needed"/> bytes of a transport header with a 16 bit checksum are in this packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasChecksumField(int needed) => FragmentOffset == 0 && HasTransport
        && Length >= TransportOffset + needed && Checksum.FieldOffset(Protocol) >= 0;

    private void ReplaceHeaderV4(int offset, ushort value) =>
        ChecksumUpdate.Replace16(Bytes.AsSpan(Start + offset, 2), value, Bytes.AsSpan(Start + 10, 2));
}
