using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// An IPv4 or IPv6 packet: an immutable value that is its wire bytes, whatever they are (D1). Malformed packets are packets,
/// too: <see cref="Defect"/> says what is wrong, and properties of headers that are not there are null or 0. Two packets
/// are equal when their bytes are.
/// </summary>
/// <example>
/// <code>
/// Packet syn = Packet.Tcp("192.168.1.5:40000", "10.96.0.10:53", TcpFlags.Syn);
/// Packet same = Packet.Parse("192.168.1.5:40000 > 10.96.0.10:53/tcp syn");
/// byte[] wire = same.ToArray();
/// </code>
/// </example>
public sealed partial class Packet : IEquatable<Packet>
{
    private readonly byte[] _bytes;
    private readonly PacketLayout _layout;

    private Packet(byte[] bytes)
    {
        _bytes = bytes;
        _layout = PacketParser.Parse(bytes);
    }

    /// <summary>Makes a packet of the bytes that begin with its IP header. Any bytes will do; they are copied.</summary>
    public static Packet Parse(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>Makes a packet of an array that nobody writes to any more.</summary>
    internal static Packet Adopt(byte[] bytes) => new(bytes);

    /// <summary>The exact bytes, from the IP header on.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Number of bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>A copy of the exact bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>The family, from the version field; IPv4 when that is neither 4 nor 6.</summary>
    public IpFamily Family => _layout.Family;

    /// <summary>The source address; all zeros when the header is cut off.</summary>
    public NetAddress Source => Address(Family == IpFamily.IPv4 ? 12 : 8);

    /// <summary>The destination address; all zeros when the header is cut off.</summary>
    public NetAddress Destination => Address(Family == IpFamily.IPv4 ? 16 : 24);

    /// <summary>The transport protocol: IPv4's protocol field, or the number at the end of IPv6's chain of headers.</summary>
    public byte Protocol => _layout.Protocol;

    /// <summary>TTL or hop limit.</summary>
    public byte Ttl => ByteAt(Family == IpFamily.IPv4 ? 8 : 7);

    /// <summary>Type of service or traffic class: DSCP in the upper six bits, ECN in the lower two.</summary>
    public byte TypeOfService => Family == IpFamily.IPv4 ? ByteAt(1) : (byte)(Word(0) >> 4);

    /// <summary>IPv4's identification or that of IPv6's fragment header; 0 without one.</summary>
    public uint Identification => Family == IpFamily.IPv4
        ? Word(4)
        : _layout.FragmentHeaderOffset > 0 ? DoubleWord(_layout.FragmentHeaderOffset + 4) : 0;

    /// <summary>IPv4's "don't fragment" flag.</summary>
    public bool DontFragment => Family == IpFamily.IPv4 && (ByteAt(6) & 0x40) != 0;

    /// <summary>Whether it is a piece of a larger packet, the first one included.</summary>
    public bool IsFragment => _layout.FragmentOffset != 0 || _layout.MoreFragments;

    /// <summary>The fragment's place in the larger packet's payload in bytes; 0 for the first and for whole packets.</summary>
    public int FragmentOffset => _layout.FragmentOffset;

    /// <summary>Whether more fragments follow.</summary>
    public bool MoreFragments => _layout.MoreFragments;

    /// <summary>Source port of TCP, UDP, UDP-Lite, SCTP or DCCP; null for others, later fragments, and when it is cut off.</summary>
    public ushort? SourcePort => PortAt(0);

    /// <summary>Destination port; null as <see cref="SourcePort"/> is.</summary>
    public ushort? DestinationPort => PortAt(2);

    /// <summary>The flags of a TCP header; none when there is no TCP header.</summary>
    public TcpFlags TcpFlags => HasHeader(IpProtocols.Tcp, 14) ? (TcpFlags)(Word(Transport + 12) & 0x1ff) : TcpFlags.None;

    /// <summary>TCP's sequence number; 0 when there is no TCP header.</summary>
    public uint TcpSequence => HasHeader(IpProtocols.Tcp, 8) ? DoubleWord(Transport + 4) : 0;

    /// <summary>TCP's acknowledgement number; 0 when there is no TCP header.</summary>
    public uint TcpAcknowledgement => HasHeader(IpProtocols.Tcp, 12) ? DoubleWord(Transport + 8) : 0;

    /// <summary>TCP's window, not scaled; 0 when there is no TCP header.</summary>
    public ushort TcpWindow => HasHeader(IpProtocols.Tcp, 16) ? Word(Transport + 14) : (ushort)0;

    /// <summary>Type of an ICMP or ICMPv6 message; null when it is none.</summary>
    public byte? IcmpType => HasIcmp(1) ? _bytes[Transport] : null;

    /// <summary>Code of an ICMP or ICMPv6 message; null when it is none.</summary>
    public byte? IcmpCode => HasIcmp(2) ? _bytes[Transport + 1] : null;

    /// <summary>Identifier of an ICMP or ICMPv6 query; null when the packet has no such field.</summary>
    public ushort? IcmpIdentifier => HasIcmp(6) ? Word(Transport + 4) : null;

    /// <summary>Sequence number of an ICMP or ICMPv6 query; null when the packet has no such field.</summary>
    public ushort? IcmpSequence => HasIcmp(8) ? Word(Transport + 6) : null;

    /// <summary>Everything behind the network headers: transport header and payload, or a fragment's piece of them.</summary>
    public ReadOnlySpan<byte> TransportBytes => Transport <= Length ? _bytes.AsSpan(Transport) : default;

    /// <summary>What the transport carries; for protocols without a header that is known here all of <see cref="TransportBytes"/>.</summary>
    public ReadOnlySpan<byte> Payload
    {
        get
        {
            ReadOnlySpan<byte> transport = TransportBytes;
            int header = FragmentOffset != 0 ? 0 : TransportHeader.LengthOf(transport, Protocol);
            return transport[Math.Min(header, transport.Length)..];
        }
    }

    /// <summary>What is wrong with the bytes.</summary>
    public PacketDefect Defect => PacketDefects.Find(_bytes, _layout);

    /// <summary>Whether headers, lengths and checksums are all right.</summary>
    public bool IsWellFormed => Defect == PacketDefect.None;

    internal ref readonly PacketLayout Layout => ref _layout;

    private int Transport => _layout.TransportOffset;

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] Packet? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as Packet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>Whether two packets have the same bytes.</summary>
    public static bool operator ==(Packet? left, Packet? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two packets differ.</summary>
    public static bool operator !=(Packet? left, Packet? right) => !(left == right);

    private NetAddress Address(int offset)
    {
        int size = Family == IpFamily.IPv4 ? 4 : 16;
        return offset + size <= Length
            ? NetAddress.FromBytes(_bytes.AsSpan(offset, size))
            : new NetAddress(Family, UInt128.Zero);
    }

    private ushort? PortAt(int offset) =>
        TransportHeader.HasPorts(Protocol) && FragmentOffset == 0 && _layout.HasTransport && Transport + offset + 2 <= Length
            ? Word(Transport + offset)
            : null;

    private bool HasHeader(byte protocol, int bytes) =>
        Protocol == protocol && FragmentOffset == 0 && _layout.HasTransport && Transport + bytes <= Length;

    private bool HasIcmp(int bytes) =>
        HasHeader(Family == IpFamily.IPv4 ? IpProtocols.Icmp : IpProtocols.IcmpV6, bytes);

    private byte ByteAt(int offset) => offset < Length ? _bytes[offset] : (byte)0;

    private ushort Word(int offset) =>
        offset + 2 <= Length ? BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(offset)) : (ushort)0;

    private uint DoubleWord(int offset) =>
        offset + 4 <= Length ? BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(offset)) : 0;
}
