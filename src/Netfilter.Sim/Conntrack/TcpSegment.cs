using System.Buffers.Binary;

namespace Netfilter.Sim.Conntrack;

/// <summary>The header fields of a TCP segment that conntrack looks at, read once.</summary>
internal readonly ref struct TcpSegment
{
    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Rst = 0x04;
    public const byte AckFlag = 0x10;

    private const byte NoOperation = 1;
    private const byte WindowScaleOption = 3;
    private const byte SackPermittedOption = 4;
    private const byte SackOption = 5;

    private readonly ReadOnlySpan<byte> _header;

    /// <summary>Reads a header that is known to be complete.</summary>
    public TcpSegment(ReadOnlySpan<byte> tcp)
    {
        HeaderLength = (tcp[12] >> 4) * 4;
        _header = tcp[..HeaderLength];
        Sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        Ack = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
        Flags = tcp[13];
        Window = BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]);
        unchecked
        {
            End = Sequence + (uint)(tcp.Length - HeaderLength) + (IsSyn ? 1u : 0) + (IsFin ? 1u : 0);
        }
        Index = IsRst ? TcpFlagSet.Rst
            : IsSyn ? HasAck ? TcpFlagSet.SynAck : TcpFlagSet.Syn
            : IsFin ? TcpFlagSet.Fin
            : HasAck ? TcpFlagSet.Ack : TcpFlagSet.None;
    }

    public int HeaderLength { get; }

    public uint Sequence { get; }

    public uint Ack { get; }

    public byte Flags { get; }

    public ushort Window { get; }

    /// <summary>The sequence number after this segment; SYN and FIN count one each (<c>segment_seq_plus_len</c>).</summary>
    public uint End { get; }

    public TcpFlagSet Index { get; }

    public bool IsSyn => (Flags & Syn) != 0;

    public bool IsFin => (Flags & Fin) != 0;

    public bool IsRst => (Flags & Rst) != 0;

    public bool HasAck => (Flags & AckFlag) != 0;

    /// <summary>Notes window scale and whether SACK is understood (<c>tcp_options</c>).</summary>
    public void ReadOptions(ref TcpEndpoint endpoint)
    {
        ReadOnlySpan<byte> options = _header[20..];
        if (options.IsEmpty)
        {
            return;
        }
        (endpoint.Scale, endpoint.Flags) = (0, endpoint.Flags & TcpEndpointFlags.BeLiberal);
        while (NextOption(ref options, out byte kind, out ReadOnlySpan<byte> value))
        {
            if (kind == SackPermittedOption && value.Length == 0)
            {
                endpoint.Flags |= TcpEndpointFlags.SackPermitted;
            }
            else if (kind == WindowScaleOption && value.Length == 1)
            {
                endpoint.Scale = Math.Min(value[0], (byte)14);
                endpoint.Flags |= TcpEndpointFlags.WindowScale;
            }
        }
    }

    /// <summary>The highest sequence number that the segment acknowledges, selectively or not (<c>tcp_sack</c>).</summary>
    public uint HighestAcknowledged()
    {
        uint highest = Ack;
        ReadOnlySpan<byte> options = _header[20..];
        while (NextOption(ref options, out byte kind, out ReadOnlySpan<byte> value))
        {
            if (kind == SackOption && value.Length >= 8 && value.Length % 8 == 0)
            {
                for (int i = 4; i < value.Length; i += 8)
                {
                    uint edge = BinaryPrimitives.ReadUInt32BigEndian(value[i..]);
                    highest = (int)(edge - highest) > 0 ? edge : highest;
                }
                break;
            }
        }
        return highest;
    }

    private static bool NextOption(ref ReadOnlySpan<byte> options, out byte kind, out ReadOnlySpan<byte> value)
    {
        while (options.Length > 0 && options[0] == NoOperation)
        {
            options = options[1..];
        }
        kind = 0;
        value = default;
        if (options.Length < 2 || options[0] == 0 || options[1] < 2 || options[1] > options.Length)
        {
            return false;
        }
        kind = options[0];
        value = options[2..options[1]];
        options = options[options[1]..];
        return true;
    }
}
