using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack;

namespace Netfilter.Sim.Packets;

/// <summary>
/// A packet on its way through the host: its bytes in a reusable buffer and what the host knows of it (the kernel's
/// <c>sk_buff</c>). Only the host changes it; rules and observers see spans.
/// </summary>
public sealed partial class PacketBuffer
{
    /// <summary>Bytes kept free before the IP header, for a link header or a longer one.</summary>
    internal const int Headroom = 64;

    internal byte[] Bytes = new byte[2048];
    internal int Start = Headroom;

    /// <summary>Length of the IP packet in bytes. Trailing bytes beyond the header's total length are cut off before PREROUTING.</summary>
    public int Length { get; internal set; }

    /// <summary>The IP packet.</summary>
    public ReadOnlySpan<byte> Span => Bytes.AsSpan(Start, Length);

    /// <summary>The family, from the version field.</summary>
    public IpFamily Family { get; internal set; }

    /// <summary>Protocol of the transport header: IPv4's protocol field, or the last next-header of the IPv6 chain.</summary>
    public byte Protocol { get; internal set; }

    /// <summary>Offset of the transport header from the IP header.</summary>
    public int TransportOffset { get; internal set; }

    /// <summary>Fragment offset in bytes; 0 for a whole packet or a first fragment.</summary>
    public int FragmentOffset { get; internal set; }

    /// <summary>Whether the header says that more fragments follow.</summary>
    public bool MoreFragments { get; internal set; }

    /// <summary>Whether the IPv6 header chain could be followed to a transport header or its fragment.</summary>
    public bool HasTransport { get; internal set; }

    /// <summary>Everything after the network headers; empty when the packet ends before.</summary>
    public ReadOnlySpan<byte> Transport =>
        TransportOffset <= Length ? Bytes.AsSpan(Start + TransportOffset, Length - TransportOffset) : default;

    /// <summary>The interface it came in by; null in OUTPUT and for what the host makes.</summary>
    public NetDevice? InDevice { get; internal set; }

    /// <summary>The interface it leaves by; null before routing.</summary>
    public NetDevice? OutDevice { get; internal set; }

    /// <summary>The bridge port it came in by; null when there is none.</summary>
    public NetDevice? PhysInDevice { get; internal set; }

    /// <summary>The bridge port it leaves by; null when there is none.</summary>
    public NetDevice? PhysOutDevice { get; internal set; }

    /// <summary>The firewall mark (<c>skb-&gt;mark</c>).</summary>
    public uint Mark { get; internal set; }

    /// <summary>The queueing priority (<c>skb-&gt;priority</c>): major and minor of a class.</summary>
    public uint Priority { get; internal set; }

    /// <summary>To whom the link layer addressed it.</summary>
    public PacketType PacketType { get; internal set; }

    /// <summary>The link header before the IP header (Ethernet: 14 bytes, more with VLAN tags); 0 when the link has none.</summary>
    internal int LinkHeaderLength { get; set; }

    /// <summary>The route that was found for it; null before routing.</summary>
    internal RouteResult? Route { get; set; }

    /// <summary>The socket that sent it; null for what is forwarded or made by the kernel itself.</summary>
    internal LocalSocket? Socket { get; set; }

    /// <summary>Number of the conntrack entry, or −1 (<c>skb_nfct</c>).</summary>
    internal int Connection { get; set; } = -1;

    /// <summary>How the packet relates to <see cref="Connection"/>; <see cref="ConntrackInfo.Untracked"/> without one after NOTRACK.</summary>
    internal ConntrackInfo ConntrackInfo { get; set; }

    /// <summary>What a CT rule asked for before conntrack has seen the packet; null when none did.</summary>
    internal ConntrackTemplate? Template { get; set; }

    /// <summary>Whether it is a copy that TEE sends (<c>nf_dup_ipv4</c>, <c>nf_dup_ipv6</c>).</summary>
    internal bool IsDuplicate { get; set; }

    /// <summary>Whether TRACE marked it (<c>skb-&gt;nf_trace</c>).</summary>
    internal bool Trace { get; set; }

    /// <summary>Largest fragment that a reassembled packet came in, in bytes with headers; 0 when it came whole (<c>frag_max_size</c>).</summary>
    internal int FragmentMaxSize { get; set; }

    /// <summary>Whether it was put together of fragments, and so may be split again (<c>skb-&gt;ignore_df</c>).</summary>
    internal bool MayBeSplit => FragmentMaxSize > 0 || Pieces.Count > 0;

    /// <summary>Whether the largest of those fragments must not be split again (<c>IPSKB_FRAG_PMTU</c>).</summary>
    internal bool KeepsDontFragment { get; set; }

    /// <summary>
    /// Sizes of the pieces that a reassembled packet was made of, in order: the kernel keeps them as they came and sends them on
    /// like that (<c>skb_shinfo(skb)-&gt;frag_list</c>). Empty when it came whole or was rewritten as one.
    /// </summary>
    internal List<int> Pieces { get; } = [];

    /// <summary>Where the first of <see cref="Pieces"/> begins.</summary>
    internal int PiecesStart { get; set; }

    /// <summary>What the host found in its IPv4 options (<c>IPCB(skb)-&gt;opt</c>).</summary>
    internal IpOptions Options;

    /// <summary>Whether the transport checksum is still to be computed.</summary>
    internal bool HasPartialChecksum { get; private set; }

    /// <summary>
    /// Whether conntrack found the transport checksum right when the packet came in (<c>skb-&gt;csum_valid</c>): nobody
    /// computes it again then.
    /// </summary>
    internal bool HasValidChecksum { get; private set; }

    /// <summary>Whether nobody computes the transport checksum again, even once the packet has been forwarded (<c>CHECKSUM_UNNECESSARY</c>).</summary>
    internal bool IsChecksumSettled { get; set; }

    /// <summary>Notes that the transport checksum is right.</summary>
    internal void NoteValidChecksum() => (HasValidChecksum, _summedHeader) = (true, HeaderSumV6);

    /// <summary>
    /// Whether traffic class or hop limit were changed since the checksum was found right: the sum that Linux kept of the
    /// whole packet is off by that (<c>CHECKSUM_COMPLETE</c>); IPv4's own header checksum makes up for it there.
    /// </summary>
    internal bool IsSumSpoilt => Family == IpFamily.IPv6 && HasValidChecksum && _summedHeader != HeaderSumV6;

    /// <summary>
    /// Whether the sum of the whole packet still says that the checksum is right: so it does for new addresses, too, since
    /// they stand in the IPv6 header and in the pseudo header alike.
    /// </summary>
    internal bool IsSumKept => Family == IpFamily.IPv6 && HasValidChecksum && _summedHeader == HeaderSumV6;

    private int HeaderSumV6 => Family == IpFamily.IPv6 ? ReadUInt16(0) + ReadUInt16(6) : 0;

    private int _summedHeader;

    internal Span<byte> Writable => Bytes.AsSpan(Start, Length);

    /// <summary>Source address.</summary>
    public NetAddress Source => Family == IpFamily.IPv4
        ? new NetAddress(SourceV4)
        : new NetAddress(BinaryPrimitives.ReadUInt128BigEndian(Bytes.AsSpan(Start + 8, 16)));

    /// <summary>Destination address.</summary>
    public NetAddress Destination => Family == IpFamily.IPv4
        ? new NetAddress(DestinationV4)
        : new NetAddress(BinaryPrimitives.ReadUInt128BigEndian(Bytes.AsSpan(Start + 24, 16)));

    internal uint SourceV4 => ReadUInt32(12);

    internal uint DestinationV4 => ReadUInt32(16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(Start + offset, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(Start + offset, 2));

    /// <summary>Puts a packet's bytes in and forgets all metadata of the one before.</summary>
    internal void Load(ReadOnlySpan<byte> ip)
    {
        ResetMetadata();
        ReplaceBytes(ip);
    }

    /// <summary>Takes a copy of the packet as it is now.</summary>
    public Packet ToPacket() => Packet.Parse(Span);

    /// <summary>The link header as it stands before the IP header; empty when the link has none.</summary>
    internal ReadOnlySpan<byte> LinkHeader => Bytes.AsSpan(Start - LinkHeaderLength, LinkHeaderLength);

    internal Span<byte> WritableLinkHeader => Bytes.AsSpan(Start - LinkHeaderLength, LinkHeaderLength);

    /// <summary>Writes a link header before the IP header.</summary>
    /// <param name="header">At most <see cref="Headroom"/> bytes.</param>
    internal void SetLinkHeader(ReadOnlySpan<byte> header)
    {
        header.CopyTo(Bytes.AsSpan(Start - header.Length));
        LinkHeaderLength = header.Length;
    }

    /// <summary>Becomes the same packet as another one, with everything that is known of it (<c>skb_copy</c>).</summary>
    internal void CopyFrom(PacketBuffer other)
    {
        Start = Headroom;
        Length = 0;
        EnsureCapacity(other.Length);
        other.Span.CopyTo(Bytes.AsSpan(Start));
        Length = other.Length;
        PacketParser.ParseNetworkHeader(this);
        CopyMetadata(other);
        (FragmentMaxSize, PiecesStart, KeepsDontFragment) = (other.FragmentMaxSize, other.PiecesStart, other.KeepsDontFragment);
        Pieces.Clear();
        Pieces.AddRange(other.Pieces);
    }

    /// <summary>Whether a queue has taken the buffer, so that it must not be given back when the life ends.</summary>
    internal bool IsQueued { get; set; }

    internal void ResetMetadata()
    {
        InDevice = OutDevice = PhysInDevice = PhysOutDevice = null;
        (Mark, Priority, PacketType, LinkHeaderLength, Route, Socket) = (0, 0, PacketType.Host, 0, null, null);
        (Connection, ConntrackInfo, Template, Trace, FragmentMaxSize) = (-1, ConntrackInfo.None, null, false, 0);
        (Options, HasPartialChecksum, HasValidChecksum, IsChecksumSettled) = (default, false, false, false);
        (KeepsDontFragment, IsDuplicate) = (false, false);
        Pieces.Clear();
    }

    /// <summary>Takes over all that the host knows of another packet, and its link header, but not how it was fragmented.</summary>
    internal void CopyMetadata(PacketBuffer from)
    {
        (InDevice, OutDevice) = (from.InDevice, from.OutDevice);
        (PhysInDevice, PhysOutDevice) = (from.PhysInDevice, from.PhysOutDevice);
        (Mark, Priority, PacketType) = (from.Mark, from.Priority, from.PacketType);
        (Route, Socket, Trace) = (from.Route, from.Socket, from.Trace);
        (Connection, ConntrackInfo, Template) = (from.Connection, from.ConntrackInfo, from.Template);
        (Options, HasPartialChecksum) = (from.Options, from.HasPartialChecksum);
        (HasValidChecksum, IsChecksumSettled, _summedHeader) = (from.HasValidChecksum, from.IsChecksumSettled, from._summedHeader);
        LinkHeaderLength = from.LinkHeaderLength;
        from.Bytes.AsSpan(from.Start - LinkHeaderLength, LinkHeaderLength).CopyTo(Bytes.AsSpan(Start - LinkHeaderLength));
    }
}
