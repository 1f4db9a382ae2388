using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Nat;

/// <summary>
/// Chooses what a connection is translated to: a tuple inside the range whose answers no other connection claims
/// (<c>nf_nat_core.c get_unique_tuple</c>).
/// </summary>
internal readonly ref struct TupleChooser
{
    private const int MaxAttempts = 128;

    /// <summary>In the last so many attempts of a round connections in TIME_WAIT are evicted (<c>NF_NAT_HARDER_THRESH</c>).</summary>
    private const int EvictingAttempts = MaxAttempts / 4;

    private readonly int _id;
    private readonly ref readonly NatRange _range;
    private readonly NatManip _manip;
    private readonly WalkContext _walk;
    private readonly ConnectionTracker _tracker;
    private readonly uint _now;

    public TupleChooser(int id, ref readonly NatRange range, NatManip manip, WalkContext walk)
    {
        (_id, _manip, _walk, _tracker) = (id, manip, walk, walk.Conntrack);
        _range = ref range;
        _now = ConnectionTracker.JiffiesOf(walk.NowNanoseconds);
    }

    /// <summary>Chooses a tuple; it may be taken if everything is.</summary>
    public ConnectionTuple Choose(in ConnectionTuple current)
    {
        bool isRandom = _range.Has(NatRangeFlags.RandomAll);
        if (_manip == NatManip.Source && !isRandom)
        {
            if (IsInRange(current))
            {
                if (!IsUsedByAnother(current))
                {
                    return current;
                }
            }
            else if (TryFindSibling(current, out ConnectionTuple sibling) && !IsUsed(sibling))
            {
                return sibling;
            }
        }
        ConnectionTuple tuple = ChooseAddress(current);
        if (!isRandom && MayKeepPort(tuple))
        {
            return tuple;
        }
        return ChoosePort(tuple);
    }

    private bool MayKeepPort(in ConnectionTuple tuple) => _range.Has(NatRangeFlags.ProtocolSpecified)
        ? !_range.Has(NatRangeFlags.ProtocolOffset) && IsPortInRange(tuple, _manip)
            && (_range.MinPort == _range.MaxPort || !IsUsed(tuple))
        : !IsUsed(tuple);

    /// <summary>Whether a source satisfies the range as it is (<c>nf_in_range</c>).</summary>
    private bool IsInRange(in ConnectionTuple tuple)
    {
        if (_range.Has(NatRangeFlags.MapAddresses)
            && (tuple.Source < _range.MinAddress || tuple.Source > _range.MaxAddress))
        {
            return false;
        }
        return !_range.Has(NatRangeFlags.ProtocolSpecified) || IsPortInRange(tuple, NatManip.Source);
    }

    /// <summary><c>l4proto_in_range</c>.</summary>
    private bool IsPortInRange(in ConnectionTuple tuple, NatManip manip)
    {
        if (!HasPorts(tuple.Protocol))
        {
            return true;
        }
        int port = tuple.IsIcmp || manip == NatManip.Source ? tuple.SourcePort : tuple.DestinationPort;
        return port >= _range.MinPort && port <= _range.MaxPort;
    }

    private static bool HasPorts(byte protocol) => protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite
        or IpProtocols.Sctp or IpProtocols.Gre or IpProtocols.Icmp or IpProtocols.IcmpV6;

    /// <summary>
    /// Looks for a connection of the same source whose translation lies in the range, to translate this one alike
    /// (<c>find_appropriate_src</c>).
    /// </summary>
    private bool TryFindSibling(in ConnectionTuple current, out ConnectionTuple sibling)
    {
        ConnectionTable table = _tracker.Table;
        ushort zone = _tracker.Read(_id).Zone.IdIn(ConnectionDirection.Original);
        for (int id = table.FirstBySource(current); id >= 0; id = table.NextBySource(id))
        {
            ref readonly ConnectionRecord record = ref table.Read(id);
            ConnectionTuple original = table.TupleOf(id, ConnectionDirection.Original);
            if (original.Source != current.Source || original.SourcePort != current.SourcePort
                || original.Protocol != current.Protocol || record.Zone.IdIn(ConnectionDirection.Original) != zone
                || (record.IsConfirmed && unchecked((int)(record.Timeout - _now)) <= 0))
            {
                continue;
            }
            ConnectionTuple translated = table.TupleOf(id, ConnectionDirection.Reply).Invert();
            sibling = current with { Source = translated.Source, SourcePort = translated.SourcePort };
            if (IsInRange(sibling))
            {
                return true;
            }
        }
        sibling = default;
        return false;
    }

    /// <summary>Chooses an address of the range by a hash of both addresses (<c>find_best_ips_proto</c>).</summary>
    private ConnectionTuple ChooseAddress(in ConnectionTuple tuple)
    {
        if (!_range.Has(NatRangeFlags.MapAddresses))
        {
            return tuple;
        }
        NetAddress address = _range.MinAddress == _range.MaxAddress ? _range.MinAddress : HashAddress(tuple);
        return _manip == NatManip.Source ? tuple with { Source = address } : tuple with { Destination = address };
    }

    private NetAddress HashAddress(in ConnectionTuple tuple)
    {
        int words = tuple.Family == IpFamily.IPv4 ? 1 : 4;
        bool isPersistent = _range.Has(NatRangeFlags.Persistent);
        uint seed = isPersistent ? 0 : Word(tuple.Destination, words - 1) ^ _tracker.Read(_id).ZoneId;
        uint hash = words == 1
            ? JenkinsHash.Hash4(Word(tuple.Source, 0), 0, 0, 0, seed)
            : JenkinsHash.Hash4(
                Word(tuple.Source, 0), Word(tuple.Source, 1), Word(tuple.Source, 2), Word(tuple.Source, 3), seed);
        UInt128 result = 0;
        bool isFullRange = false;
        NetAddress destination = tuple.Destination;
        for (int i = 0; i < words; i++)
        {
            uint minimum = isFullRange ? 0 : HostWord(_range.MinAddress, i, words);
            uint maximum = HostWord(_range.MaxAddress, i, words);
            uint distance = isFullRange ? uint.MaxValue : unchecked(maximum - minimum + 1);
            uint word = unchecked(minimum + (uint)(((ulong)hash * distance) >> 32));
            result = (result << 32) | word;
            isFullRange |= word != maximum;
            if (_manip == NatManip.Destination)
            {
                // Linux writes the tuple as it goes, and mixes in the word that it has just written.
                destination = ReplaceWord(destination, i, words, word);
            }
            hash ^= isPersistent ? 0 : Word(destination, i);
        }
        return new NetAddress(tuple.Family, result);
    }

    private static NetAddress ReplaceWord(NetAddress address, int index, int words, uint word)
    {
        int shift = 32 * (words - 1 - index);
        return new NetAddress(address.Family, (address.Bits & ~((UInt128)uint.MaxValue << shift)) | ((UInt128)word << shift));
    }

    private static uint HostWord(NetAddress address, int index, int words) => (uint)(address.Bits >> (32 * (words - 1 - index)));

    /// <summary>Four bytes of an address as a little endian machine reads them.</summary>
    private static uint Word(NetAddress address, int index) => BinaryPrimitives.ReverseEndianness(
        HostWord(address, index, address.Family == IpFamily.IPv4 ? 1 : 4));

    /// <summary>Chooses a port, ICMP identifier or GRE key (<c>nf_nat_l4proto_unique_tuple</c>).</summary>
    private ConnectionTuple ChoosePort(in ConnectionTuple tuple)
    {
        if (!TryGetPortRange(tuple, out int minimum, out int size))
        {
            return tuple;
        }
        bool isSource = _manip == NatManip.Source || tuple.IsIcmp;
        int present = isSource ? tuple.SourcePort : tuple.DestinationPort;
        int offset = _range.Has(NatRangeFlags.ProtocolOffset) ? (present - _range.BasePort) & 0xffff
            : _range.Has(NatRangeFlags.RandomAll) || _manip != NatManip.Destination ? Draw()
            : 0;
        ConnectionTuple candidate = tuple;
        for (int attempts = Math.Min(size, MaxAttempts); ; attempts /= 2, offset = Draw())
        {
            for (int i = 0; i < attempts; i++, offset = (offset + 1) & 0xffff)
            {
                ushort port = (ushort)(minimum + (offset % size));
                candidate = isSource ? candidate with { SourcePort = port } : candidate with { DestinationPort = port };
                if (!IsUsed(candidate, attempts - i))
                {
                    return candidate;
                }
            }
            if (attempts >= size || attempts < 16)
            {
                return candidate;
            }
        }
    }

    private int Draw() => (int)_walk.Chance.Choose(ChancePurpose.NatPort, 65536);

    private bool TryGetPortRange(in ConnectionTuple tuple, out int minimum, out int size)
    {
        bool isSpecified = _range.Has(NatRangeFlags.ProtocolSpecified);
        (minimum, size) = (Math.Min(_range.MinPort, _range.MaxPort), Math.Abs(_range.MaxPort - _range.MinPort) + 1);
        switch (tuple.Protocol)
        {
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                (minimum, size) = isSpecified ? (_range.MinPort, _range.MaxPort - _range.MinPort + 1) : (0, 65536);
                return size > 0;
            case IpProtocols.Gre:
                (minimum, size) = isSpecified ? (_range.MinPort, _range.MaxPort - _range.MinPort + 1) : (1, 65535);
                return size > 0 && _tracker.Table.HasExtension(_id) && _tracker.Table.ReadExtension(_id).Master >= 0;
            case IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp:
                if (!isSpecified)
                {
                    (minimum, size) = tuple.SourcePort switch
                    {
                        < 512 => (1, 511),
                        < 1024 => (600, 424),
                        _ => (1024, 64512),
                    };
                }
                return isSpecified || _manip == NatManip.Source;
            default:
                return false;
        }
    }

    /// <summary>Whether another connection claims the answers to a tuple (<c>nf_nat_used_tuple</c>).</summary>
    private bool IsUsed(in ConnectionTuple tuple) => _tracker.Table.IsTaken(tuple.Invert(), _id, _now);

    /// <summary>
    /// The same for a tuple that nothing has changed yet: a connection that is this one's reverse does not count, since
    /// they will turn out to be one (<c>nf_nat_used_tuple_new</c>).
    /// </summary>
    private bool IsUsedByAnother(in ConnectionTuple tuple)
    {
        if (!IsUsed(tuple))
        {
            return false;
        }
        if (tuple.Protocol is not (IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Icmp or IpProtocols.IcmpV6
            or IpProtocols.Gre or IpProtocols.Sctp))
        {
            return true;
        }
        ConntrackZone zone = _tracker.Read(_id).Zone;
        int reference = _tracker.Table.Find(tuple, zone, _now);
        reference = reference >= 0 ? reference : _tracker.Table.Find(tuple.Invert(), zone, _now);
        if (reference < 0)
        {
            return false;
        }
        return _tracker.Read(reference >> 1).Has(ConnectionStatus.NatMask | ConnectionStatus.SequenceAdjust)
            || _tracker.Original(reference >> 1) != _tracker.Reply(_id);
    }

    /// <summary>The same, when few attempts are left: an old connection in TIME_WAIT gives way (<c>nf_nat_used_tuple_harder</c>).</summary>
    private bool IsUsed(in ConnectionTuple tuple, int attemptsLeft)
    {
        ConnectionTuple reply = tuple.Invert();
        if (attemptsLeft > EvictingAttempts || tuple.Protocol != IpProtocols.Tcp
            || _tracker.Read(_id).State != (byte)TcpState.SynSent)
        {
            return _tracker.Table.IsTaken(reply, _id, _now);
        }
        int reference = _tracker.Table.Find(reply, _tracker.Read(_id).Zone, _now);
        if (reference < 0)
        {
            return false;
        }
        ref readonly ConnectionRecord other = ref _tracker.Read(reference >> 1);
        bool isOver = (reference & 1) != 0 && other.State >= (byte)TcpState.TimeWait
            && !other.Has(ConnectionStatus.FixedTimeout | ConnectionStatus.Dying) && other.Has(ConnectionStatus.SourceNat);
        uint advance = unchecked(_tracker.Read(_id).Tcp.Original.End - other.Tcp.Original.End);
        return !isOver || (int)advance <= 0 || !_tracker.Kill(reference >> 1, _walk);
    }
}
