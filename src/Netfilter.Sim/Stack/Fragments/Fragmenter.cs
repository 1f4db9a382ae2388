using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>
/// Splits a packet into fragments, one at a time (<c>net/ipv4/ip_output.c ip_do_fragment</c>,
/// <c>net/ipv6/ip6_output.c ip6_fragment</c>). A packet that was put together of fragments leaves in the same ones if
/// they fit, and otherwise in none that is larger than the largest was.
/// </summary>
internal ref struct Fragmenter
{
    private readonly PacketBuffer _packet;
    private readonly int _header;
    private readonly int _space;
    private readonly int _nextHeaderField;
    private readonly uint _identification;
    private readonly bool _asReceived;
    private int _done;
    private int _pieceIndex;

    private Fragmenter(
        PacketBuffer packet, int header, int space, int nextHeaderField, uint identification)
    {
        (_packet, _header, _space) = (packet, header, space);
        (_nextHeaderField, _identification) = (nextHeaderField, identification);
        _asReceived = PiecesFit(packet, header, space);
    }

    /// <summary>
    /// What has to happen to a packet before it leaves by a way with an MTU (<c>__ip_finish_output</c>, <c>ip_fragment</c>,
    /// <c>ip6_fragment</c>).
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="mtu">MTU of the way.</param>
    /// <param name="mayFragmentV6">
    /// Whether an IPv6 packet that is too long may be split at all: the host's own may, a forwarded one only if it came in fragments.
    /// </param>
    public static FragmentNeed Check(PacketBuffer packet, int mtu, bool mayFragmentV6 = false)
    {
        int received = packet.FragmentMaxSize;
        if (packet.Family == IpFamily.IPv4)
        {
            if (packet.Length <= mtu && received == 0)
            {
                return FragmentNeed.None;
            }
            bool dontFragment = (packet.Bytes[packet.Start + 6] & 0x40) != 0;
            return dontFragment && (received > mtu || !packet.MayBeSplit) ? FragmentNeed.TooBig : FragmentNeed.Split;
        }
        if (packet.Length <= mtu && (received == 0 || packet.Length <= received))
        {
            return FragmentNeed.None;
        }
        bool forbidden = packet.Length > mtu && !packet.MayBeSplit && !mayFragmentV6;
        return forbidden || received > mtu ? FragmentNeed.TooBig : FragmentNeed.Split;
    }

    /// <summary>Begins to split a packet.</summary>
    /// <param name="packet">The packet; must not change until all fragments are taken.</param>
    /// <param name="mtu">MTU of the way.</param>
    /// <param name="identification">IPv6: the identification of the fragments; an IPv4 packet keeps its own.</param>
    /// <param name="fragmenter">Gives the fragments.</param>
    /// <returns>False when the MTU has no room for data or the headers are broken; the packet is to be dropped.</returns>
    public static bool TryBegin(PacketBuffer packet, int mtu, uint identification, out Fragmenter fragmenter)
    {
        int limit = packet.FragmentMaxSize;
        int header, nextHeaderField = 0, space;
        if (packet.Family == IpFamily.IPv4)
        {
            header = packet.TransportOffset;
            space = (limit > 0 ? Math.Min(mtu, limit) : mtu) - header;
        }
        else
        {
            header = FragmentHeader.PlaceFor(packet.Span, out nextHeaderField);
            space = (limit > 0 ? Math.Max(limit, 1280) : mtu) - header - 8;
        }
        bool isPossible = header >= 0 && space >= 8;
        fragmenter = isPossible ? new Fragmenter(packet, header, space, nextHeaderField, identification) : default;
        return isPossible;
    }

    /// <summary>Writes the next fragment, with the packet's metadata.</summary>
    /// <returns>False when there is none left.</returns>
    public bool Next(PacketBuffer fragment)
    {
        int left = _packet.Length - _header - _done;
        if (left <= 0)
        {
            return false;
        }
        int size = _asReceived ? PieceSize(_packet, _header, _pieceIndex++)
            : left > _space ? _space & ~7
            : left;
        if (_packet.Family == IpFamily.IPv4)
        {
            WriteV4(fragment, size, size < left);
        }
        else
        {
            WriteV6(fragment, size, size < left);
        }
        _done += size;
        PacketParser.ParseNetworkHeader(fragment);
        return true;
    }

    private static bool PiecesFit(PacketBuffer packet, int header, int space)
    {
        List<int> pieces = packet.Pieces;
        if (pieces.Count < 2 || packet.FragmentOffset != 0 || packet.MoreFragments)
        {
            return false;
        }
        for (int i = 0; i < pieces.Count; i++)
        {
            int size = PieceSize(packet, header, i);
            if (size <= 0 || size > space || ((size & 7) != 0 && i < pieces.Count - 1))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A piece's size; the first one's behind the headers that every fragment has.</summary>
    private static int PieceSize(PacketBuffer packet, int header, int index) =>
        packet.Pieces[index] + (index == 0 ? packet.PiecesStart - header : 0);

    private readonly void WriteV4(PacketBuffer fragment, int size, bool moreInPacket)
    {
        Span<byte> ip = fragment.Begin(_header + size);
        fragment.CopyMetadata(_packet);
        ReadOnlySpan<byte> whole = _packet.Span;
        whole[.._header].CopyTo(ip);
        whole.Slice(_header + _done, size).CopyTo(ip[_header..]);
        if (_done > 0)
        {
            DropUncopiedOptions(ip[20.._header]);
        }
        bool dontFragment = !_asReceived && _packet.KeepsDontFragment;
        int field = ((_packet.FragmentOffset + _done) / 8)
            | (moreInPacket || _packet.MoreFragments ? 0x2000 : 0)
            | (dontFragment ? 0x4000 : 0);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)field);
        fragment.RecomputeHeaderChecksum();
    }

    private readonly void WriteV6(PacketBuffer fragment, int size, bool more)
    {
        Span<byte> ip = fragment.Begin(_header + 8 + size);
        fragment.CopyMetadata(_packet);
        ReadOnlySpan<byte> whole = _packet.Span;
        whole[.._header].CopyTo(ip);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - 40));
        Span<byte> header = ip.Slice(_header, 8);
        (header[0], header[1]) = (ip[_nextHeaderField], 0);
        ip[_nextHeaderField] = IpProtocols.Fragment;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(_done | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], _identification);
        whole.Slice(_header + _done, size).CopyTo(ip[(_header + 8)..]);
    }

    /// <summary>Later fragments keep only options that say so; the others become padding (<c>ip_options_fragment</c>).</summary>
    private static void DropUncopiedOptions(Span<byte> options)
    {
        for (int at = 0; at < options.Length;)
        {
            if (options[at] == 0)
            {
                return;
            }
            if (options[at] == 1)
            {
                at++;
                continue;
            }
            int length = at + 1 < options.Length ? options[at + 1] : 0;
            if (length < 2 || at + length > options.Length)
            {
                return;
            }
            if ((options[at] & 0x80) == 0)
            {
                options.Slice(at, length).Fill(1);
            }
            at += length;
        }
    }
}
