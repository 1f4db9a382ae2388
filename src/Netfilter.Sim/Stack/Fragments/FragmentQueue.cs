using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>
/// The pieces of one packet (<c>struct inet_frag_queue</c>, <c>net/ipv4/inet_fragment.c</c>). Belongs to one
/// <see cref="Defragmenter"/>; a fork copies it before it writes.
/// </summary>
internal sealed class FragmentQueue
{
    private readonly List<Piece> _pieces;
    private readonly List<Run> _runs;
    private int _total;
    private bool _hasLast;
    private int _collected;
    private int _ecnSeen;
    private int _maxDontFragment;

    public FragmentQueue(object owner, long deadlineNanoseconds)
    {
        (Owner, DeadlineNanoseconds) = (owner, deadlineNanoseconds);
        (_pieces, _runs) = ([], []);
    }

    private FragmentQueue(object owner, FragmentQueue from)
    {
        (Owner, DeadlineNanoseconds) = (owner, from.DeadlineNanoseconds);
        (_pieces, _runs) = ([.. from._pieces], [.. from._runs]);
        (_total, _hasLast, _collected, _ecnSeen) = (from._total, from._hasLast, from._collected, from._ecnSeen);
        (_maxDontFragment, MaxSize, Head) = (from._maxDontFragment, from.MaxSize, from.Head);
        (NextHeaderField, InDevice) = (from.NextHeaderField, from.InDevice);
    }

    /// <summary>Which store may write to it.</summary>
    public object Owner { get; }

    /// <summary>When it is given up.</summary>
    public long DeadlineNanoseconds { get; }

    /// <summary>The first fragment's headers; null while it is missing.</summary>
    public FragmentHead? Head { get; private set; }

    /// <summary>The interface that the latest piece came in by.</summary>
    public NetDevice? InDevice { get; set; }

    /// <summary>IPv6: offset in the first fragment of the byte that announces the fragment header.</summary>
    public int NextHeaderField { get; set; }

    /// <summary>Largest piece so far: IPv4 with header, IPv6 the payload length of its IP header (<c>max_size</c>).</summary>
    public int MaxSize { get; private set; }

    /// <summary>Whether the largest piece was not to be fragmented.</summary>
    public bool IsLargestDontFragment => _maxDontFragment == MaxSize;

    /// <summary>Length of the payload put together, as far as it is known.</summary>
    public int Total => _total;

    /// <summary>Whether every piece is there.</summary>
    public bool IsComplete => _hasLast && Head is not null && _collected == _total;

    /// <summary>A copy for another store.</summary>
    public FragmentQueue Copy(object owner) => new(owner, this);

    /// <summary>
    /// Compares where a piece ends with what is known of the packet's end, and notes it.
    /// </summary>
    /// <returns>False when they contradict.</returns>
    public bool NoteEnd(int end, bool isLast)
    {
        if (isLast)
        {
            if (end < _total || (_hasLast && end != _total))
            {
                return false;
            }
            (_hasLast, _total) = (true, end);
            return true;
        }
        if (end > _total)
        {
            if (_hasLast)
            {
                return false;
            }
            _total = end;
        }
        return true;
    }

    /// <summary>
    /// Puts a piece in its place (<c>inet_frag_queue_insert</c>): one that lies wholly within a gapless run of pieces that came
    /// in order is a duplicate, any other that overlaps is an attack.
    /// </summary>
    public FragmentOutcome Insert(int offset, ReadOnlySpan<byte> data)
    {
        int end = offset + data.Length;
        foreach (Run run in _runs)
        {
            if (end > run.Start && offset < run.End)
            {
                return offset >= run.Start && end <= run.End ? FragmentOutcome.Duplicate : FragmentOutcome.Dropped;
            }
        }
        int tailEnd = _pieces.Count == 0 ? -1 : _pieces[^1].Offset + _pieces[^1].Data.Length;
        if (offset == tailEnd)
        {
            int last = _runs.FindIndex(run => run.End == tailEnd);
            _runs[last] = _runs[last] with { End = end };
        }
        else
        {
            _runs.Add(new Run(offset, end));
        }
        int index = _pieces.Count;
        while (index > 0 && _pieces[index - 1].Offset > offset)
        {
            index--;
        }
        _pieces.Insert(index, new Piece(offset, data.ToArray()));
        _collected += data.Length;
        return FragmentOutcome.Held;
    }

    /// <summary>Notes the first fragment's headers.</summary>
    public void SetHead(PacketBuffer packet, int headerLength) => Head = new FragmentHead(packet, headerLength);

    /// <summary>Notes a piece's size and ECN bits.</summary>
    public void Note(int size, bool dontFragment, byte tos)
    {
        MaxSize = Math.Max(MaxSize, size);
        _maxDontFragment = dontFragment ? Math.Max(_maxDontFragment, size) : _maxDontFragment;
        _ecnSeen |= 1 << (tos & 3);
    }

    /// <summary>
    /// The ECN bits to add to the first fragment's (<c>ip_frag_ecn_table</c>), or −1 when the pieces' bits do not fit together:
    /// some capable and some not. A congestion mark on one marks the whole.
    /// </summary>
    public int CombineEcn()
    {
        const int NotCapable = 1, Marked = 8;
        if ((_ecnSeen & NotCapable) != 0)
        {
            return _ecnSeen == NotCapable ? 0 : -1;
        }
        return (_ecnSeen & Marked) != 0 && _ecnSeen != Marked ? 3 : 0;
    }

    /// <summary>Makes the buffer hold the first headers and all data, and remember the pieces' sizes. Fields are the caller's.</summary>
    /// <returns>The packet, writable.</returns>
    public Span<byte> Assemble(PacketBuffer packet)
    {
        int header = Head!.HeaderLength;
        Span<byte> ip = Head.Begin(packet, header + _total);
        packet.Pieces.Clear();
        foreach (Piece piece in _pieces)
        {
            piece.Data.CopyTo(ip[(header + piece.Offset)..]);
            packet.Pieces.Add(piece.Data.Length);
        }
        return ip;
    }

    /// <summary>Makes the buffer hold the first fragment as far as it matters to an ICMP error about it.</summary>
    public void LoadHead(PacketBuffer packet)
    {
        Piece first = _pieces[0];
        Span<byte> ip = Head!.Begin(packet, Head.HeaderLength + first.Data.Length);
        first.Data.CopyTo(ip[Head.HeaderLength..]);
        packet.InDevice = InDevice;
        PacketParser.ParseNetworkHeader(packet);
    }

    private readonly record struct Piece(int Offset, byte[] Data);

    private readonly record struct Run(int Start, int End);
}
