using System.Buffers.Binary;
using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>
/// Everything a packet is made of, with the defaults of an ordinary Linux host. Change what matters and
/// <see cref="Build"/>. Lengths and checksums are computed unless a wrong one is asked for.
/// </summary>
/// <example>
/// <code>
/// Packet probe = new PacketBuilder { Source = "10.0.0.1", Destination = "10.0.0.2", Protocol = 17, DestinationPort = 53, Ttl = 1 }.Build();
/// </code>
/// </example>
public sealed record PacketBuilder
{
    /// <summary>Source address; its family must be the destination's. Default 0.0.0.0.</summary>
    public NetAddress Source { get; init; }

    /// <summary>Destination address; its family is the packet's. Default 0.0.0.0.</summary>
    public NetAddress Destination { get; init; }

    /// <summary>Transport protocol number. Default 6, TCP.</summary>
    public byte Protocol { get; init; } = IpProtocols.Tcp;

    /// <summary>TTL or hop limit. Default 64.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>Type of service or traffic class. Default 0.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>IPv4 identification, or that of IPv6's fragment header. Default 0.</summary>
    public uint Identification { get; init; }

    /// <summary>IPv4's "don't fragment" flag. Default: set, as Linux sends, but not on fragments.</summary>
    public bool? DontFragment { get; init; }

    /// <summary>IPv6 flow label, 20 bits. Default 0.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>IPv4 options, a multiple of 4 bytes, at most 40. Default none.</summary>
    public ImmutableArray<byte> Options { get; init; } = [];

    /// <summary>IPv6 extension headers before the transport header, without the fragment header. Default none.</summary>
    public ImmutableArray<IPv6Extension> Extensions { get; init; } = [];

    /// <summary>
    /// Place of this fragment in bytes, a multiple of 8; null for a packet that is no fragment. With a value above 0
    /// there is no transport header: <see cref="Payload"/> is all. An IPv6 packet gets a fragment header, at offset 0, too.
    /// </summary>
    public int? FragmentOffset { get; init; }

    /// <summary>Whether more fragments follow. Default false.</summary>
    public bool MoreFragments { get; init; }

    /// <summary>Source port of TCP, UDP, UDP-Lite and SCTP. Default 0.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port of those. Default 0.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>TCP's flags. Default none.</summary>
    public TcpFlags TcpFlags { get; init; }

    /// <summary>
    /// TCP's or ESP's sequence number. Default: for TCP 0 with SYN and 1 without, so that a handshake of defaults fits
    /// together; for ESP 1.
    /// </summary>
    public uint? Sequence { get; init; }

    /// <summary>TCP's acknowledgement number. Default: 1 with ACK, 0 without.</summary>
    public uint? Acknowledgement { get; init; }

    /// <summary>TCP's window. Default 65535.</summary>
    public ushort Window { get; init; } = 65535;

    /// <summary>TCP's urgent pointer. Default 0.</summary>
    public ushort UrgentPointer { get; init; }

    /// <summary>TCP's options, a multiple of 4 bytes, at most 40. Default none.</summary>
    public ImmutableArray<byte> TcpOptions { get; init; } = [];

    /// <summary>Type of an ICMP or ICMPv6 message. Default 0.</summary>
    public byte IcmpType { get; init; }

    /// <summary>Code of an ICMP or ICMPv6 message. Default 0.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>
    /// Bytes 4 to 7 of an ICMP header: identifier and sequence number of a query, gateway, MTU or pointer of an error.
    /// Default 0.
    /// </summary>
    public uint IcmpRest { get; init; }

    /// <summary>UDP's length field; null for the right one. A first fragment's is that of the whole datagram.</summary>
    public ushort? UdpLength { get; init; }

    /// <summary>SCTP's verification tag, ESP's security parameters index. Default 0.</summary>
    public uint Tag { get; init; }

    /// <summary>UDP-Lite's checksum coverage in bytes; 0 is everything. Default 0.</summary>
    public ushort Coverage { get; init; }

    /// <summary>
    /// Whether there is a transport header before <see cref="Payload"/>: for TCP, UDP, UDP-Lite, SCTP, ICMP, ICMPv6 and ESP
    /// unless this is false. Default true.
    /// </summary>
    public bool HasTransportHeader { get; init; } = true;

    /// <summary>What follows the transport header. Default nothing.</summary>
    public ImmutableArray<byte> Payload { get; init; } = [];

    /// <summary>
    /// The transport checksum to write instead of the right one; null for the right one. 32 bits for SCTP, as a
    /// little endian number. UDP over IPv4 has none with 0.
    /// </summary>
    public uint? TransportChecksum { get; init; }

    /// <summary>The IPv4 header checksum to write instead of the right one; null for the right one.</summary>
    public ushort? HeaderChecksum { get; init; }

    /// <summary>Takes a packet of the payload given as a span.</summary>
    public PacketBuilder WithPayload(ReadOnlySpan<byte> payload) => this with { Payload = [.. payload] };

    /// <summary>Makes the packet.</summary>
    /// <exception cref="InvalidOperationException">
    /// The addresses are of different families, options are too long or no multiple of 4 bytes, or the packet would be
    /// longer than 65535 bytes (IPv6: 65575).
    /// </exception>
    public Packet Build()
    {
        Validate();
        bool isIPv4 = Destination.Family == IpFamily.IPv4;
        int networkLength = isIPv4 ? 20 + Options.AsSpan().Length : 40 + ExtensionsLength;
        int transportLength = FragmentOffset is > 0 || !HasTransportHeader ? 0 : TransportWriter.HeaderLength(this);
        int length = networkLength + transportLength + Payload.AsSpan().Length;
        if (length > (isIPv4 ? 65535 : 65535 + 40))
        {
            throw new InvalidOperationException("The packet would be longer than IP allows.");
        }
        byte[] bytes = new byte[length];
        if (isIPv4)
        {
            WriteIPv4(bytes);
        }
        else
        {
            WriteIPv6(bytes);
        }
        Payload.AsSpan().CopyTo(bytes.AsSpan(networkLength + transportLength));
        if (transportLength > 0)
        {
            TransportWriter.Write(this, bytes, networkLength);
        }
        return Packet.Adopt(bytes);
    }

    private bool HasFragmentHeader => FragmentOffset is not null || MoreFragments;

    private int ExtensionsLength =>
        (Extensions.IsDefault ? 0 : Extensions.Sum(extension => extension.Content.Length + 1)) + (HasFragmentHeader ? 8 : 0);

    private void Validate()
    {
        if (Source.Family != Destination.Family)
        {
            throw new InvalidOperationException("Source and destination are of different families.");
        }
        if (Options.AsSpan().Length % 4 != 0 || Options.AsSpan().Length > 40 || TcpOptions.AsSpan().Length % 4 != 0 || TcpOptions.AsSpan().Length > 40)
        {
            throw new InvalidOperationException("Options are a multiple of 4 bytes and at most 40.");
        }
        if (FragmentOffset is { } offset && (offset < 0 || offset > 65528 || offset % 8 != 0))
        {
            throw new InvalidOperationException("A fragment's offset is a multiple of 8 from 0 to 65528.");
        }
        foreach (IPv6Extension extension in Extensions.AsSpan())
        {
            extension.Validate();
        }
    }

    private void WriteIPv4(Span<byte> ip)
    {
        int headerLength = 20 + Options.AsSpan().Length;
        int fragment = ((FragmentOffset ?? 0) / 8)
            | (MoreFragments ? 0x2000 : 0)
            | (DontFragment ?? !HasFragmentHeader ? 0x4000 : 0);
        ip[0] = (byte)(0x40 | (headerLength / 4));
        ip[1] = TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)Identification);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)fragment);
        ip[8] = Ttl;
        ip[9] = Protocol;
        Source.WriteBytes(ip[12..]);
        Destination.WriteBytes(ip[16..]);
        Options.AsSpan().CopyTo(ip[20..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], HeaderChecksum ?? Checksum.Of(ip[..headerLength]));
    }

    private void WriteIPv6(Span<byte> ip)
    {
        BinaryPrimitives.WriteUInt32BigEndian(
            ip, 0x60000000 | ((uint)TypeOfService << 20) | (FlowLabel & 0xfffff));
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - 40));
        ip[7] = Ttl;
        Source.WriteBytes(ip[8..]);
        Destination.WriteBytes(ip[24..]);
        int nextField = 6, offset = 40;
        foreach (IPv6Extension extension in Extensions.AsSpan())
        {
            ip[nextField] = extension.Number;
            extension.Content.AsSpan().CopyTo(ip[(offset + 1)..]);
            nextField = offset;
            offset += extension.Content.Length + 1;
        }
        if (HasFragmentHeader)
        {
            ip[nextField] = IpProtocols.Fragment;
            int field = (FragmentOffset ?? 0) | (MoreFragments ? 1 : 0);
            BinaryPrimitives.WriteUInt16BigEndian(ip[(offset + 2)..], (ushort)field);
            BinaryPrimitives.WriteUInt32BigEndian(ip[(offset + 4)..], Identification);
            nextField = offset;
        }
        ip[nextField] = Protocol;
    }
}
