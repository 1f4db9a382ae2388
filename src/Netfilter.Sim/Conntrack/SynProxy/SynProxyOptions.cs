using System.Buffers.Binary;

namespace Netfilter.Sim.Conntrack.SynProxy;

/// <summary>The TCP options that SYNPROXY knows (<c>NF_SYNPROXY_OPT_*</c>).</summary>
[Flags]
internal enum SynProxyFlags : byte
{
    None = 0,
    Mss = 1,
    WindowScale = 2,
    SackPermitted = 4,
    Timestamp = 8,
    Ecn = 16,
}

/// <summary>TCP options of a segment that SYNPROXY read or is about to write (<c>struct synproxy_options</c>).</summary>
internal struct SynProxyOptions
{
    private const byte End = 0, NoOperation = 1, MssKind = 2, WindowKind = 3, SackKind = 4, TimestampKind = 8;
    private const int GreatestScale = 14, NoScale = 0xf;
    private const uint CookieBits = 0x3f, SackBit = 1 << 4, EcnBit = 1 << 5;

    public SynProxyFlags Flags;
    public byte WindowScale;
    public ushort Mss;
    public uint Timestamp;
    public uint TimestampEcho;

    public readonly bool Has(SynProxyFlags flag) => (Flags & flag) != 0;

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public readonly int Length => (Has(SynProxyFlags.Mss) ? 4 : 0)
        + (Has(SynProxyFlags.Timestamp) ? 12 : Has(SynProxyFlags.SackPermitted) ? 4 : 0)
        + (Has(SynProxyFlags.WindowScale) ? 4 : 0);

    /// <summary>Reads the options of a segment (<c>synproxy_parse_options</c>).</summary>
    /// <returns>False when the header is cut off.</returns>
    public static bool TryRead(ReadOnlySpan<byte> tcp, out SynProxyOptions options)
    {
        options = default;
        int length = (tcp[12] >> 4) * 4;
        if (length < 20 || length > tcp.Length)
        {
            return false;
        }
        ReadOnlySpan<byte> rest = tcp[20..length];
        while (!rest.IsEmpty && rest[0] != End)
        {
            if (rest[0] == NoOperation)
            {
                rest = rest[1..];
                continue;
            }
            if (rest.Length < 2 || rest[1] < 2 || rest[1] > rest.Length)
            {
                return true;
            }
            options.Take(rest[0], rest[2..rest[1]]);
            rest = rest[rest[1]..];
        }
        return true;
    }

    /// <summary>Writes the options, each padded to whole words (<c>synproxy_build_options</c>).</summary>
    public readonly void Write(Span<byte> to)
    {
        if (Has(SynProxyFlags.Mss))
        {
            ((ReadOnlySpan<byte>)[MssKind, 4, (byte)(Mss >> 8), (byte)Mss]).CopyTo(to);
            to = to[4..];
        }
        if (Has(SynProxyFlags.Timestamp))
        {
            bool isSack = Has(SynProxyFlags.SackPermitted);
            ((ReadOnlySpan<byte>)[isSack ? SackKind : NoOperation, isSack ? (byte)2 : NoOperation, TimestampKind, 10]).CopyTo(to);
            BinaryPrimitives.WriteUInt32BigEndian(to[4..], Timestamp);
            BinaryPrimitives.WriteUInt32BigEndian(to[8..], TimestampEcho);
            to = to[12..];
        }
        else if (Has(SynProxyFlags.SackPermitted))
        {
            ((ReadOnlySpan<byte>)[NoOperation, NoOperation, SackKind, 2]).CopyTo(to);
            to = to[4..];
        }
        if (Has(SynProxyFlags.WindowScale))
        {
            ((ReadOnlySpan<byte>)[NoOperation, WindowKind, 3, WindowScale]).CopyTo(to);
        }
    }

    /// <summary>
    /// Hides the client's other options in the time stamp of the answer, whose echo brings them back
    /// (<c>synproxy_init_timestamp_cookie</c>).
    /// </summary>
    /// <param name="ownScale">The window scale that the answer shows.</param>
    /// <param name="milliseconds">The time.</param>
    public void HideInTimestamp(byte ownScale, uint milliseconds)
    {
        TimestampEcho = Timestamp;
        Timestamp = milliseconds & ~CookieBits;
        if (Has(SynProxyFlags.WindowScale))
        {
            Timestamp |= WindowScale;
            WindowScale = ownScale;
        }
        else
        {
            Timestamp |= NoScale;
        }
        Timestamp |= (Has(SynProxyFlags.SackPermitted) ? SackBit : 0) | (Has(SynProxyFlags.Ecn) ? EcnBit : 0);
    }

    /// <summary>Takes the options out of the echo again (<c>synproxy_check_timestamp_cookie</c>).</summary>
    public void TakeFromEcho()
    {
        WindowScale = (byte)(TimestampEcho & NoScale);
        Flags |= (WindowScale != NoScale ? SynProxyFlags.WindowScale : 0)
            | ((TimestampEcho & SackBit) != 0 ? SynProxyFlags.SackPermitted : 0)
            | ((TimestampEcho & EcnBit) != 0 ? SynProxyFlags.Ecn : 0);
    }

    private void Take(byte kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case MssKind when value.Length == 2:
                Mss = BinaryPrimitives.ReadUInt16BigEndian(value);
                Flags |= SynProxyFlags.Mss;
                break;
            case WindowKind when value.Length == 1:
                WindowScale = Math.Min(value[0], (byte)GreatestScale);
                Flags |= SynProxyFlags.WindowScale;
                break;
            case SackKind when value.Length == 0:
                Flags |= SynProxyFlags.SackPermitted;
                break;
            case TimestampKind when value.Length == 8:
                Timestamp = BinaryPrimitives.ReadUInt32BigEndian(value);
                TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
                Flags |= SynProxyFlags.Timestamp;
                break;
        }
    }
}
