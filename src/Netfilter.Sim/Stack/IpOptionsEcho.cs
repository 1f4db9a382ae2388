using System.Buffers.Binary;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// The options of an answer to a packet with options: routes recorded and times go on being collected, a source route is gone
/// back (<c>net/ipv4/ip_options.c __ip_options_echo</c>, <c>ip_options_build</c>).
/// </summary>
internal ref struct IpOptionsEcho
{
    private readonly Span<byte> _bytes;
    private IpOptions _places;

    private IpOptionsEcho(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The options, a multiple of four bytes.</summary>
    public readonly ReadOnlySpan<byte> Options => _bytes[.._places.Length];

    /// <summary>The first stop of the way back; null without a source route.</summary>
    public uint? FirstHop { get; private set; }

    /// <summary>Takes over from a packet what its answer needs.</summary>
    /// <param name="about">The packet.</param>
    /// <param name="fib">Says which addresses are others'.</param>
    /// <param name="into">Room for <see cref="IpOptions.MaxLength"/> bytes.</param>
    /// <param name="echo">The options.</param>
    /// <returns>False when they cannot be echoed; no answer is sent then.</returns>
    public static bool TryCreate(PacketBuffer about, Fib fib, Span<byte> into, out IpOptionsEcho echo)
    {
        echo = new IpOptionsEcho(into);
        ref readonly IpOptions from = ref about.Options;
        if (from.Length == 0 || about.TransportOffset != IpOptions.HeaderLength + from.Length)
        {
            return true;
        }
        into.Clear();
        ReadOnlySpan<byte> header = about.Span[..about.TransportOffset];
        if (!echo.EchoRecordRoute(header, from) || !echo.EchoTimestamp(header, from, fib))
        {
            return false;
        }
        echo.EchoSourceRoute(header, from, about.SourceV4);
        if (from.Cipso != 0)
        {
            echo.Append(header, from.Cipso);
        }
        echo._places.Length = (echo._places.Length + 3) & ~3;
        return true;
    }

    /// <summary>Fills in what depends on the way the answer takes.</summary>
    public readonly void Build(uint source, uint destination, uint time)
    {
        if (_places.SourceRoute is > 0 and int route)
        {
            Write(route + _bytes[route - IpOptions.HeaderLength + 1] - 4, destination);
        }
        if (_places.RecordNeedsAddress)
        {
            Write(_places.RecordRoute + _bytes[_places.RecordRoute - IpOptions.HeaderLength + 2] - 5, source);
        }
        int pointer = _places.Timestamp == 0 ? 0 : _bytes[_places.Timestamp - IpOptions.HeaderLength + 2];
        if (_places.TimestampNeedsAddress)
        {
            Write(_places.Timestamp + pointer - 9, source);
        }
        if (_places.TimestampNeedsTime)
        {
            Write(_places.Timestamp + pointer - 5, time);
        }
    }

    private readonly void Write(int offset, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[(offset - IpOptions.HeaderLength)..], value);

    private Span<byte> Append(ReadOnlySpan<byte> header, int place)
    {
        ReadOnlySpan<byte> option = header.Slice(place, header[place + 1]);
        Span<byte> copy = _bytes.Slice(_places.Length, option.Length);
        option.CopyTo(copy);
        _places.Length += option.Length;
        return copy;
    }

    private bool EchoRecordRoute(ReadOnlySpan<byte> header, in IpOptions from)
    {
        if (from.RecordRoute == 0)
        {
            return true;
        }
        _places.RecordRoute = IpOptions.HeaderLength + _places.Length;
        Span<byte> option = Append(header, from.RecordRoute);
        int pointer = option[2];
        if (!from.RecordNeedsAddress || pointer > option.Length)
        {
            return true;
        }
        option[2] += 4;
        _places.RecordNeedsAddress = true;
        return pointer + 3 <= option.Length;
    }

    private bool EchoTimestamp(ReadOnlySpan<byte> header, in IpOptions from, Fib fib)
    {
        if (from.Timestamp == 0)
        {
            return true;
        }
        _places.Timestamp = IpOptions.HeaderLength + _places.Length;
        Span<byte> option = Append(header, from.Timestamp);
        int pointer = option[2];
        if (pointer > option.Length)
        {
            return true;
        }
        if (from.TimestampNeedsAddress)
        {
            if (pointer + 3 > option.Length)
            {
                return false;
            }
            _places.TimestampNeedsAddress = true;
            pointer += 4;
        }
        if (from.TimestampNeedsTime)
        {
            if (pointer + 3 > option.Length)
            {
                return false;
            }
            int advance = TimeAdvance(option, pointer, fib);
            _places.TimestampNeedsTime = advance != 0;
            pointer += advance;
        }
        option[2] = (byte)pointer;
        return true;
    }

    /// <summary>By how much the pointer advances for a time that is to be entered; 0 when none is.</summary>
    private static int TimeAdvance(ReadOnlySpan<byte> option, int pointer, Fib fib)
    {
        if ((option[3] & 15) != IpTimestampKind.Prespecified)
        {
            return 4;
        }
        bool isOwn = pointer + 7 <= option.Length
            && fib.AddressTypeV4(BinaryPrimitives.ReadUInt32BigEndian(option[(pointer - 1)..])) != RouteType.Unicast;
        return isOwn ? 8 : 0;
    }

    /// <summary>Turns the part of a source route that was gone around, without a last stop that is the destination itself (RFC 1812).</summary>
    private void EchoSourceRoute(ReadOnlySpan<byte> header, in IpOptions from, uint source)
    {
        if (from.SourceRoute == 0)
        {
            return;
        }
        ReadOnlySpan<byte> route = header.Slice(from.SourceRoute, header[from.SourceRoute + 1]);
        int pointer = Math.Min(route[2], route.Length + 1) - 4;
        if (pointer <= 3)
        {
            return;
        }
        Span<byte> back = _bytes[_places.Length..];
        uint firstHop = BinaryPrimitives.ReadUInt32BigEndian(route[(pointer - 1)..]);
        int length = 4;
        for (pointer -= 4; pointer > 3; pointer -= 4, length += 4)
        {
            route.Slice(pointer - 1, 4).CopyTo(back[(length - 1)..]);
        }
        length -= BinaryPrimitives.ReadUInt32BigEndian(route[(pointer + 3)..]) == source ? 4 : 0;
        if (length <= 3)
        {
            return;
        }
        (back[0], back[1], back[2]) = (route[0], (byte)(length + 3), 4);
        FirstHop = firstHop;
        _places.SourceRoute = IpOptions.HeaderLength + _places.Length;
        _places.Length += length + 3;
    }
}
