using System.Buffers.Binary;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// Reads the IPv4 options of a packet that came in, and enters address and time where they ask for it
/// (<c>net/ipv4/ip_options.c __ip_options_compile</c>).
/// </summary>
internal ref struct IpOptionsReader
{
    private readonly Span<byte> _header;
    private readonly Fib _fib;
    private readonly uint _address;
    private readonly uint _time;

    /// <summary>What was found, up to the first mistake.</summary>
    public IpOptions Found;

    /// <summary>Prepares to read.</summary>
    /// <param name="header">The whole IP header.</param>
    /// <param name="fib">Says which addresses are others'.</param>
    /// <param name="address">The address of the host to enter.</param>
    /// <param name="time">The time to enter, in milliseconds of the day.</param>
    public IpOptionsReader(Span<byte> header, Fib fib, uint address, uint time)
    {
        _header = header;
        (_fib, _address, _time) = (fib, address, time);
        Found.Length = header.Length - IpOptions.HeaderLength;
    }

    /// <summary>Reads all.</summary>
    /// <returns>0 when they are sound, else the offset of the byte that is not.</returns>
    public int Read()
    {
        int at = IpOptions.HeaderLength;
        while (at < _header.Length)
        {
            if (_header[at] == IpOptionType.End)
            {
                ClearAfterEnd(at + 1);
                return 0;
            }
            if (_header[at] == IpOptionType.NoOperation)
            {
                at++;
                continue;
            }
            int left = _header.Length - at;
            int length = left < 2 ? 0 : _header[at + 1];
            if (length < 2 || length > left)
            {
                return at;
            }
            int problem = ReadOption(at, length);
            if (problem != 0)
            {
                return problem;
            }
            at += length;
        }
        return 0;
    }

    private void ClearAfterEnd(int at)
    {
        Span<byte> rest = _header[at..];
        if (rest.ContainsAnyExcept(IpOptionType.End))
        {
            rest.Clear();
            Found.IsChanged = true;
        }
    }

    private int ReadOption(int at, int length)
    {
        switch (_header[at])
        {
            case IpOptionType.StrictSourceRoute or IpOptionType.LooseSourceRoute:
                return ReadSourceRoute(at, length);
            case IpOptionType.RecordRoute:
                return ReadRecordRoute(at, length);
            case IpOptionType.Timestamp:
                return ReadTimestamp(at, length);
            case IpOptionType.RouterAlert:
                return length < 4 ? at + 1 : 0;
            case IpOptionType.Cipso:
                int isTwice = Found.Cipso;
                Found.Cipso = at;
                return isTwice != 0 ? at : CipsoProblem(at, length);
            default:
                return 0;
        }
    }

    /// <summary>No domain of interpretation is configured, so that every label is one of an unknown one (<c>cipso_v4_validate</c>).</summary>
    private static int CipsoProblem(int at, int length) => length < 8 ? at + 1 : at + 2;

    private int ReadSourceRoute(int at, int length)
    {
        int problem = length < 3 ? at + 1 : _header[at + 2] < 4 ? at + 2 : Found.SourceRoute != 0 ? at : 0;
        if (problem == 0)
        {
            (Found.SourceRoute, Found.IsStrictRoute) = (at, _header[at] == IpOptionType.StrictSourceRoute);
        }
        return problem;
    }

    private int ReadRecordRoute(int at, int length)
    {
        if (Found.RecordRoute != 0)
        {
            return at;
        }
        if (length < 3)
        {
            return at + 1;
        }
        int pointer = _header[at + 2];
        if (pointer < 4 || (pointer <= length && pointer + 3 > length))
        {
            return at + 2;
        }
        if (pointer <= length)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_header[(at + pointer - 1)..], _address);
            _header[at + 2] += 4;
            (Found.IsChanged, Found.RecordNeedsAddress) = (true, true);
        }
        Found.RecordRoute = at;
        return 0;
    }

    private int ReadTimestamp(int at, int length)
    {
        if (Found.Timestamp != 0)
        {
            return at;
        }
        if (length < 4)
        {
            return at + 1;
        }
        int pointer = _header[at + 2];
        if (pointer < 5)
        {
            return at + 2;
        }
        int problem = pointer <= length ? Stamp(at, length, pointer) : CountOverflow(at);
        Found.Timestamp = problem == 0 ? at : 0;
        return problem;
    }

    private int Stamp(int at, int length, int pointer)
    {
        int kind = _header[at + 3] & 15;
        bool hasAddress = kind is IpTimestampKind.TimeAndAddress or IpTimestampKind.Prespecified;
        if (pointer + (hasAddress ? 7 : 3) > length)
        {
            return at + 2;
        }
        Span<byte> place = _header[(at + pointer - 1)..];
        switch (kind)
        {
            case IpTimestampKind.TimeOnly:
                BinaryPrimitives.WriteUInt32BigEndian(place, _time);
                break;
            case IpTimestampKind.TimeAndAddress:
                BinaryPrimitives.WriteUInt32BigEndian(place, _address);
                BinaryPrimitives.WriteUInt32BigEndian(place[4..], _time);
                Found.TimestampNeedsAddress = true;
                break;
            case IpTimestampKind.Prespecified when _fib.AddressTypeV4(BinaryPrimitives.ReadUInt32BigEndian(place)) != RouteType.Unicast:
                BinaryPrimitives.WriteUInt32BigEndian(place[4..], _time);
                break;
            default:
                return 0;
        }
        _header[at + 2] += hasAddress ? (byte)8 : (byte)4;
        (Found.IsChanged, Found.TimestampNeedsTime) = (true, true);
        return 0;
    }

    /// <summary>There is no place left: hosts that found none are counted, up to 15.</summary>
    private int CountOverflow(int at)
    {
        byte field = _header[at + 3];
        if ((field & 15) == IpTimestampKind.Prespecified)
        {
            return 0;
        }
        if (field >> 4 == 15)
        {
            return at + 3;
        }
        _header[at + 3] += 16;
        Found.IsChanged = true;
        return 0;
    }
}
