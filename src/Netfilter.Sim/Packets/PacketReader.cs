using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Reads packets in their literal form; the grammar stands at <see cref="Packet.Parse(ReadOnlySpan{char})"/>.</summary>
internal ref struct PacketReader
{
    private readonly ReadOnlySpan<char> _text;
    private PacketBuilder _builder;
    private int _position;
    private int _tokenStart;
    private string? _error;
    private int _length;
    private bool _hasPort;

    private PacketReader(ReadOnlySpan<char> text)
    {
        _text = text;
        _builder = new PacketBuilder();
    }

    /// <summary>Reads a packet.</summary>
    /// <returns>Null when the text is none; then the error says why and where.</returns>
    public static Packet? Read(ReadOnlySpan<char> text, out string? error, out int position)
    {
        PacketReader reader = new(text);
        Packet? packet = reader.Read();
        (error, position) = (reader._error, reader._tokenStart);
        return packet;
    }

    private Packet? Read()
    {
        ReadOnlySpan<char> first = Next();
        if (first is "hex")
        {
            return ReadHexBytes(out ImmutableArray<byte> bytes) && AtEnd() ? Packet.Parse(bytes.AsSpan()) : null;
        }
        if (!ReadSource(first) || !ReadDestination())
        {
            return null;
        }
        while (_error is null)
        {
            ReadOnlySpan<char> word = Next();
            if (word.IsEmpty)
            {
                break;
            }
            ReadWord(word);
        }
        return _error is null ? Finish() : null;
    }

    private Packet? Finish()
    {
        try
        {
            Packet packet = _builder.Build();
            if (_length == 0 || _length == packet.Length)
            {
                return packet;
            }
            if (_length < packet.Length)
            {
                Fail($"len {_length} is less than the {packet.Length} bytes that are there");
                return null;
            }
            _builder = _builder with { Payload = _builder.Payload.AddRange(new byte[_length - packet.Length]) };
            return _builder.Build();
        }
        catch (InvalidOperationException e)
        {
            Fail(e.Message);
            return null;
        }
    }

    private bool ReadSource(ReadOnlySpan<char> token)
    {
        if (!TryEnd(token, out NetAddress address, out ushort port))
        {
            return Fail("expected an address, with a port or without, like 10.0.0.1:80 or [2001:db8::1]:80");
        }
        _builder = _builder with { Source = address, SourcePort = port };
        return Next() is ">" || Fail("expected '>' between source and destination");
    }

    private bool ReadDestination()
    {
        ReadOnlySpan<char> token = Next();
        int slash = token.IndexOf('/');
        if (!TryEnd(slash < 0 ? token : token[..slash], out NetAddress address, out ushort port))
        {
            return Fail("expected an address, with a port or without, and a protocol, like 10.0.0.1:80/tcp");
        }
        if (address.Family != _builder.Source.Family)
        {
            return Fail("source and destination are of different families");
        }
        _tokenStart += slash < 0 ? token.Length : slash + 1;
        if (slash < 0 || !TryProtocol(token[(slash + 1)..], out byte protocol))
        {
            return Fail("expected a protocol, like /tcp, /udp, /icmp or /47");
        }
        if (_hasPort && !(TransportHeader.HasPorts(protocol) && protocol != IpProtocols.Dccp))
        {
            return Fail($"{PacketPrinter.ProtocolName(protocol)} has no ports here");
        }
        _builder = _builder with { Destination = address, DestinationPort = port, Protocol = protocol };
        if (protocol is IpProtocols.Icmp or IpProtocols.IcmpV6)
        {
            _builder = _builder with { IcmpType = address.Family == IpFamily.IPv4 ? (byte)8 : (byte)128 };
        }
        return true;
    }

    private void ReadWord(ReadOnlySpan<char> word)
    {
        bool known = ReadNetworkWord(word) || _error is not null || ReadTransportWord(word) || _error is not null
            || ReadPayloadWord(word) || _error is not null;
        if (!known)
        {
            Fail($"'{word}' is not a word for {PacketPrinter.ProtocolName(_builder.Protocol)} packets");
        }
    }

    private bool ReadNetworkWord(ReadOnlySpan<char> word)
    {
        uint value;
        switch (word)
        {
            case "ttl":
                return Number(255, out value) && Set(_builder with { Ttl = (byte)value });
            case "tos":
                return Number(255, out value) && Set(_builder with { TypeOfService = (byte)value });
            case "ipid":
                return Number(uint.MaxValue, out value) && Set(_builder with { Identification = value });
            case "flow":
                return Number(0xfffff, out value) && Set(_builder with { FlowLabel = value });
            case "df":
                return Set(_builder with { DontFragment = true });
            case "nodf":
                return Set(_builder with { DontFragment = false });
            case "raw":
                return Set(_builder with { HasTransportHeader = false });
            case "ipopt":
                return ReadHexBytes(out ImmutableArray<byte> options) && Set(_builder with { Options = options });
            case "ext":
                return Number(255, out value) && ReadHexBytes(out ImmutableArray<byte> content)
                    && Set(_builder with { Extensions = _builder.Extensions.Add(new IPv6Extension((byte)value, content)) });
            case "frag":
                return ReadFragment();
            case "ipsum":
                return Number(0xffff, out value) && Set(_builder with { HeaderChecksum = (ushort)value });
            case "sum":
                return Number(uint.MaxValue, out value) && Set(_builder with { TransportChecksum = value });
            default:
                return false;
        }
    }

    private bool ReadFragment()
    {
        ReadOnlySpan<char> token = Next();
        bool more = token.EndsWith("+");
        if (!TryNumber(more ? token[..^1] : token, 65528, out uint offset) || offset % 8 != 0)
        {
            return Fail("expected a fragment's offset: a multiple of 8 up to 65528, with + when more follow");
        }
        return Set(_builder with { FragmentOffset = (int)offset, MoreFragments = more });
    }

    private bool ReadTransportWord(ReadOnlySpan<char> word)
    {
        switch (_builder.Protocol)
        {
            case IpProtocols.Tcp:
                return ReadTcpWord(word);
            case IpProtocols.Udp when word is "ulen":
                return Number(0xffff, out uint length) && Set(_builder with { UdpLength = (ushort)length });
            case IpProtocols.UdpLite when word is "cov":
                return Number(0xffff, out uint coverage) && Set(_builder with { Coverage = (ushort)coverage });
            case IpProtocols.Sctp when word is "vtag":
            case IpProtocols.Esp when word is "spi":
                return Number(uint.MaxValue, out uint tag) && Set(_builder with { Tag = tag });
            case IpProtocols.Esp when word is "seq":
                return Number(uint.MaxValue, out uint sequence) && Set(_builder with { Sequence = sequence });
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                return ReadIcmpWord(word);
            default:
                return false;
        }
    }

    private bool ReadTcpWord(ReadOnlySpan<char> word)
    {
        uint value;
        switch (word)
        {
            case "seq":
                return Number(uint.MaxValue, out value) && Set(_builder with { Sequence = value });
            case "acknum":
                return Number(uint.MaxValue, out value) && Set(_builder with { Acknowledgement = value });
            case "win":
                return Number(0xffff, out value) && Set(_builder with { Window = (ushort)value });
            case "urgp":
                return Number(0xffff, out value) && Set(_builder with { UrgentPointer = (ushort)value });
            case "mss":
                return Number(0xffff, out value)
                    && Set(_builder with { TcpOptions = _builder.TcpOptions.AddRange(2, 4, (byte)(value >> 8), (byte)value) });
            case "opt":
                return ReadHexBytes(out ImmutableArray<byte> options)
                    && Set(_builder with { TcpOptions = _builder.TcpOptions.AddRange(options) });
        }
        foreach ((TcpFlags flag, string name) in PacketPrinter.TcpFlagNames)
        {
            if (word.SequenceEqual(name))
            {
                _builder = _builder with { TcpFlags = _builder.TcpFlags | flag };
                return flag != TcpFlags.Ack || ReadAcknowledgement();
            }
        }
        return false;
    }

    /// <summary>A number right behind <c>ack</c> is what is acknowledged.</summary>
    private bool ReadAcknowledgement()
    {
        (int position, int start) = (_position, _tokenStart);
        if (TryNumber(Next(), uint.MaxValue, out uint value))
        {
            return Set(_builder with { Acknowledgement = value });
        }
        (_position, _tokenStart) = (position, start);
        return true;
    }

    private bool ReadIcmpWord(ReadOnlySpan<char> word)
    {
        uint value;
        switch (word)
        {
            case "type":
                return Number(255, out value) && Set(_builder with { IcmpType = (byte)value });
            case "code":
                return Number(255, out value) && Set(_builder with { IcmpCode = (byte)value });
            case "id":
                return Number(0xffff, out value)
                    && Set(_builder with { IcmpRest = (_builder.IcmpRest & 0xffff) | (value << 16) });
            case "seq":
                return Number(0xffff, out value)
                    && Set(_builder with { IcmpRest = (_builder.IcmpRest & 0xffff0000) | value });
            case "rest":
                return Number(uint.MaxValue, out value) && Set(_builder with { IcmpRest = value });
            default:
                return IcmpNames.TryFind(_builder.Destination.Family, word, out byte type, out byte code)
                    && Set(_builder with { IcmpType = type, IcmpCode = code });
        }
    }

    private bool ReadPayloadWord(ReadOnlySpan<char> word)
    {
        switch (word)
        {
            case "len":
                bool isNumber = Number(65575, out uint length);
                _length = (int)length;
                return isNumber;
            case "data":
                SkipBlanks();
                if (_position < _text.Length && _text[_position] == '"')
                {
                    return ReadQuoted();
                }
                return ReadHexBytes(out ImmutableArray<byte> bytes) && Set(_builder with { Payload = bytes });
            default:
                return false;
        }
    }

    private bool ReadQuoted()
    {
        _tokenStart = _position;
        int end = _text[(_position + 1)..].IndexOf('"');
        ReadOnlySpan<char> content = end < 0 ? default : _text.Slice(_position + 1, end);
        if (end < 0 || content.ContainsAnyExceptInRange(' ', '~'))
        {
            return Fail("expected printable ASCII text and a closing quote");
        }
        _position += end + 2;
        return Set(_builder with { Payload = [.. Encoding.ASCII.GetBytes(content.ToString())] });
    }

    private bool ReadHexBytes(out ImmutableArray<byte> bytes)
    {
        ReadOnlySpan<char> token = Next();
        bytes = [];
        byte[] decoded = new byte[token.Length / 2];
        if (token.Length % 2 != 0 || Convert.FromHexString(token, decoded, out _, out _) != OperationStatus.Done)
        {
            return Fail("expected bytes as pairs of hexadecimal digits");
        }
        bytes = ImmutableCollectionsMarshal.AsImmutableArray(decoded);
        return true;
    }

    private bool Number(uint most, out uint value) =>
        TryNumber(Next(), most, out value) || Fail($"expected a number from 0 to {most}");

    private static bool TryNumber(ReadOnlySpan<char> token, uint most, out uint value) =>
        (token.StartsWith("0x")
            ? uint.TryParse(token[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        && value <= most;

    private bool TryEnd(ReadOnlySpan<char> token, out NetAddress address, out ushort port)
    {
        port = 0;
        if (NetEndpoint.TryParse(token, out NetEndpoint endpoint))
        {
            (address, port, _hasPort) = (endpoint.Address, endpoint.Port, true);
            return true;
        }
        bool bracketed = token.Length > 2 && token[0] == '[' && token[^1] == ']';
        return NetAddress.TryParse(bracketed ? token[1..^1] : token, out address);
    }

    private static bool TryProtocol(ReadOnlySpan<char> token, out byte protocol)
    {
        foreach ((string name, byte number) in PacketPrinter.ProtocolNames)
        {
            if (token.SequenceEqual(name))
            {
                protocol = number;
                return true;
            }
        }
        if (token is "icmpv6")
        {
            protocol = IpProtocols.IcmpV6;
            return true;
        }
        return byte.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out protocol);
    }

    private bool Set(PacketBuilder builder)
    {
        _builder = builder;
        return true;
    }

    private bool AtEnd() => Next().IsEmpty || Fail("expected nothing more");

    private bool Fail(string message)
    {
        _error ??= message;
        return false;
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }
    }

    private ReadOnlySpan<char> Next()
    {
        if (_error is not null)
        {
            return default;
        }
        SkipBlanks();
        _tokenStart = _position;
        while (_position < _text.Length && !char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }
        return _text[_tokenStart.._position];
    }
}
