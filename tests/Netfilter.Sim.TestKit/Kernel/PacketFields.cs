using System.Buffers.Binary;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A named stretch of a packet's bytes.</summary>
/// <param name="Name">For example <c>tcp.sport</c>.</param>
/// <param name="Start">Offset of the first byte.</param>
/// <param name="End">Offset behind the last byte.</param>
public readonly record struct PacketField(string Name, int Start, int End);

/// <summary>
/// Cuts a packet into named fields and makes its checksums valid. Written for comparing, independent of the simulator's
/// own parser, so that a mistake there is not hidden here.
/// </summary>
public sealed class PacketFields
{
    private static readonly (string Name, int Length)[] IPv4 =
    [
        ("ip.verihl", 1), ("ip.tos", 1), ("ip.len", 2), ("ip.id", 2), ("ip.frag", 2), ("ip.ttl", 1), ("ip.proto", 1),
        ("ip.checksum", 2), ("ip.src", 4), ("ip.dst", 4),
    ];

    private static readonly (string Name, int Length)[] IPv6 =
        [("ip.tcflow", 4), ("ip.len", 2), ("ip.proto", 1), ("ip.ttl", 1), ("ip.src", 16), ("ip.dst", 16)];

    private static readonly (string Name, int Length)[] Tcp =
    [
        ("tcp.sport", 2), ("tcp.dport", 2), ("tcp.seq", 4), ("tcp.ack", 4), ("tcp.off", 1), ("tcp.flags", 1),
        ("tcp.win", 2), ("tcp.checksum", 2), ("tcp.urg", 2),
    ];

    private static readonly (string Name, int Length)[] Udp =
        [("udp.sport", 2), ("udp.dport", 2), ("udp.len", 2), ("udp.checksum", 2)];

    private static readonly (string Name, int Length)[] Icmp =
        [("icmp.type", 1), ("icmp.code", 1), ("icmp.checksum", 2), ("icmp.id", 2), ("icmp.seq", 2)];

    private readonly List<PacketField> _all = [];

    /// <summary>Cuts a packet. Never throws: what cannot be cut is one field <c>raw</c>.</summary>
    public PacketFields(ReadOnlySpan<byte> packet)
    {
        Version = packet.Length > 0 ? packet[0] >> 4 : 0;
        bool whole = Version == 6 ? CutIPv6(packet) : Version == 4 && CutIPv4(packet);
        if (!whole)
        {
            _all.Clear();
            _all.Add(new PacketField("raw", 0, packet.Length));
            return;
        }
        IsWhole = true;
        int end = TransportOffset;
        if (FragmentOffset == 0)
        {
            end = CutTransport(packet.Length);
        }
        if (end < packet.Length)
        {
            _all.Add(new PacketField("payload", end, packet.Length));
        }
    }

    public IReadOnlyList<PacketField> All => _all;

    /// <summary>Whether the network headers could be read.</summary>
    public bool IsWhole { get; }

    public int Version { get; }

    public int Protocol { get; private set; }

    public int TransportOffset { get; private set; }

    public int FragmentOffset { get; private set; }

    public bool MoreFragments { get; private set; }

    /// <summary>The field of a name, or null.</summary>
    public PacketField? Find(string name)
    {
        foreach (PacketField field in _all)
        {
            if (field.Name == name)
            {
                return field;
            }
        }
        return null;
    }

    /// <summary>Names of the fields that differ between two packets of equal length, in order.</summary>
    public static List<string> Differences(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        List<string> names = [];
        foreach (PacketField field in new PacketFields(expected).All)
        {
            bool same = expected[field.Start..field.End].SequenceEqual(actual[field.Start..field.End]);
            if (!same && !names.Contains(field.Name))
            {
                names.Add(field.Name);
            }
        }
        return names;
    }

    /// <summary>Makes the checksums of a whole TCP, UDP or ICMP packet valid, and the IPv4 header's.</summary>
    public static void FixChecksums(Span<byte> packet)
    {
        var fields = new PacketFields(packet);
        if (!fields.IsWhole)
        {
            return;
        }
        if (fields.Version == 4)
        {
            packet[10..12].Clear();
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum(packet[..fields.TransportOffset], 0));
        }
        int at = fields.TransportChecksumOffset;
        if (at < 0 || fields.FragmentOffset != 0 || fields.MoreFragments || at + 2 > packet.Length)
        {
            return;
        }
        packet.Slice(at, 2).Clear();
        ushort sum = Checksum(packet[fields.TransportOffset..], fields.PseudoHeader(packet));
        BinaryPrimitives.WriteUInt16BigEndian(packet[at..], sum == 0 && fields.Protocol == 17 ? (ushort)0xffff : sum);
    }

    /// <summary>
    /// Completes a TCP or UDP checksum that was left to the interface (the sum of the pseudo header stands there), as the
    /// recorder does with what comes over <c>lo</c>.
    /// </summary>
    public static void CompleteChecksum(Span<byte> packet)
    {
        var fields = new PacketFields(packet);
        int at = fields.TransportChecksumOffset;
        bool hasField = fields.IsWhole && fields.Protocol is 6 or 17 && fields.FragmentOffset == 0 && !fields.MoreFragments
            && at + 2 <= packet.Length;
        if (hasField && BinaryPrimitives.ReadUInt16BigEndian(packet[at..]) == (ushort)~Checksum([], fields.PseudoHeader(packet)))
        {
            FixChecksums(packet);
        }
    }

    /// <summary>Names of the checksum fields that are not valid.</summary>
    public static List<string> InvalidChecksums(ReadOnlySpan<byte> packet)
    {
        byte[] copy = packet.ToArray();
        FixChecksums(copy);
        return Differences(packet, copy);
    }

    private int TransportChecksumOffset => Protocol switch
    {
        6 => TransportOffset + 16,
        17 or 136 => TransportOffset + 6,
        1 or 58 => TransportOffset + 2,
        _ => -1,
    };

    private ulong PseudoHeader(ReadOnlySpan<byte> packet)
    {
        if (Protocol == 1)
        {
            return 0;
        }
        ulong sum = (ulong)Protocol + (ulong)(packet.Length - TransportOffset);
        ReadOnlySpan<byte> addresses = Version == 4 ? packet[12..20] : packet[8..40];
        return sum + Sum(addresses);
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes, ulong start)
    {
        ulong sum = start + Sum(bytes);
        while (sum > 0xffff)
        {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        return (ushort)(~sum & 0xffff);
    }

    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? (ulong)bytes[i] << 8 : bytes[i];
        }
        return sum;
    }

    private bool CutIPv4(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 20)
        {
            return false;
        }
        int end = Cut(IPv4, 0, packet.Length);
        int header = (packet[0] & 15) * 4;
        if (header < 20 || header > packet.Length)
        {
            return false;
        }
        Add("ip.options", end, header);
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        (Protocol, TransportOffset) = (packet[9], header);
        (FragmentOffset, MoreFragments) = ((fragment & 0x1fff) * 8, (fragment & 0x2000) != 0);
        return true;
    }

    private bool CutIPv6(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 40)
        {
            return false;
        }
        int offset = Cut(IPv6, 0, packet.Length);
        int next = packet[6];
        int extensionStart = offset;
        while (next is 0 or 43 or 44 or 51 or 60 && offset + 8 <= packet.Length)
        {
            int start = offset;
            int kind = next;
            next = packet[start];
            offset += kind == 44 ? 8 : kind == 51 ? (packet[start + 1] + 2) * 4 : (packet[start + 1] + 1) * 8;
            if (kind != 44)
            {
                continue;
            }
            int fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[(start + 2)..]);
            (FragmentOffset, MoreFragments) = (fragment & 0xfff8, (fragment & 1) != 0);
            Add("ip.ext", extensionStart, start + 4);
            Add("frag.id", start + 4, start + 8);
            extensionStart = start + 8;
            if (FragmentOffset != 0)
            {
                break;
            }
        }
        if (offset > packet.Length)
        {
            return false;
        }
        Add("ip.ext", extensionStart, offset);
        (Protocol, TransportOffset) = (next, offset);
        return true;
    }

    private int CutTransport(int length) => Protocol switch
    {
        6 => Cut(Tcp, TransportOffset, length),
        17 => Cut(Udp, TransportOffset, length),
        1 or 58 => Cut(Icmp, TransportOffset, length),
        _ => TransportOffset,
    };

    private int Cut((string Name, int Length)[] layout, int offset, int length)
    {
        foreach ((string name, int size) in layout)
        {
            if (offset + size > length)
            {
                break;
            }
            _all.Add(new PacketField(name, offset, offset + size));
            offset += size;
        }
        return offset;
    }

    private void Add(string name, int start, int end)
    {
        if (end > start)
        {
            _all.Add(new PacketField(name, start, end));
        }
    }
}
