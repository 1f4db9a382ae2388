using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Netfilter.Sim.Addressing;

/// <summary>
/// An IPv4 or IPv6 address as a value: 128 bits in host order (an IPv4 address in the lowest 32) and its family.
/// <c>default</c> is 0.0.0.0.
/// </summary>
public readonly struct NetAddress : IEquatable<NetAddress>, IComparable<NetAddress>,
    ISpanParsable<NetAddress>, ISpanFormattable
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly bool _isIPv6;

    /// <summary>Makes an IPv4 address of its 32 bits in host order.</summary>
    public NetAddress(uint ipv4) => _low = ipv4;

    /// <summary>Makes an IPv6 address of its 128 bits in host order.</summary>
    public NetAddress(UInt128 ipv6)
    {
        _high = (ulong)(ipv6 >> 64);
        _low = (ulong)ipv6;
        _isIPv6 = true;
    }

    /// <summary>Makes an address of its bits in host order.</summary>
    /// <param name="family">The family.</param>
    /// <param name="bits">For IPv4 only the lowest 32 bits count.</param>
    public NetAddress(IpFamily family, UInt128 bits)
    {
        _isIPv6 = family == IpFamily.IPv6;
        _high = _isIPv6 ? (ulong)(bits >> 64) : 0;
        _low = _isIPv6 ? (ulong)bits : (uint)bits;
    }

    /// <summary>The family.</summary>
    public IpFamily Family => _isIPv6 ? IpFamily.IPv6 : IpFamily.IPv4;

    /// <summary>The bits in host order; an IPv4 address in the lowest 32.</summary>
    public UInt128 Bits => new(_high, _low);

    /// <summary>The 32 bits of an IPv4 address in host order.</summary>
    public uint IPv4Bits => (uint)_low;

    /// <summary>Length in bytes: 4 or 16.</summary>
    public int ByteCount => _isIPv6 ? 16 : 4;

    /// <summary>Reads an address in network order.</summary>
    /// <param name="bytes">4 or 16 bytes.</param>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public static NetAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new NetAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new NetAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException("An address has 4 or 16 bytes.", nameof(bytes)),
    };

    /// <summary>Writes the address in network order.</summary>
    /// <param name="destination">At least <see cref="ByteCount"/> bytes.</param>
    public void WriteBytes(Span<byte> destination)
    {
        if (_isIPv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, Bits);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, IPv4Bits);
        }
    }

    /// <summary>Converts from .NET's address. A scope id is dropped.</summary>
    public static NetAddress FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return FromBytes(bytes[..written]);
    }

    /// <summary>Converts to .NET's address.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteBytes(bytes);
        return new IPAddress(bytes[..ByteCount]);
    }

    /// <summary>Reads four decimal octets, or an IPv6 address as <c>inet_pton</c> does.</summary>
    /// <exception cref="FormatException">Not an address.</exception>
    public static NetAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out NetAddress address) ? address : throw new FormatException($"'{text}' is not an IP address.");

    /// <summary>Reads four decimal octets, or an IPv6 address as <c>inet_pton</c> does.</summary>
    /// <returns>False when the text is not an address.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out NetAddress address)
    {
        if (text.Contains(':'))
        {
            bool isIPv6 = AddressText.TryParseIPv6(text, out UInt128 wide);
            address = isIPv6 ? new NetAddress(wide) : default;
            return isIPv6;
        }
        bool isIPv4 = AddressText.TryParseIPv4(text, out uint bits);
        address = isIPv4 ? new NetAddress(bits) : default;
        return isIPv4;
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static NetAddress Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan());

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static NetAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out NetAddress)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NetAddress result) =>
        TryParse(s.AsSpan(), out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out NetAddress)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out NetAddress result) =>
        TryParse(s, out result);

    /// <inheritdoc/>
    public bool Equals(NetAddress other) => _low == other._low && _high == other._high && _isIPv6 == other._isIPv6;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is NetAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low, _isIPv6);

    /// <summary>Orders by family, then by value.</summary>
    public int CompareTo(NetAddress other) =>
        _isIPv6 != other._isIPv6 ? _isIPv6.CompareTo(other._isIPv6) : Bits.CompareTo(other.Bits);

    /// <summary>Whether two addresses are the same.</summary>
    public static bool operator ==(NetAddress left, NetAddress right) => left.Equals(right);

    /// <summary>Whether two addresses differ.</summary>
    public static bool operator !=(NetAddress left, NetAddress right) => !left.Equals(right);

    /// <summary>Orders by family, then by value.</summary>
    public static bool operator <(NetAddress left, NetAddress right) => left.CompareTo(right) < 0;

    /// <summary>Orders by family, then by value.</summary>
    public static bool operator >(NetAddress left, NetAddress right) => left.CompareTo(right) > 0;

    /// <summary>Orders by family, then by value.</summary>
    public static bool operator <=(NetAddress left, NetAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by family, then by value.</summary>
    public static bool operator >=(NetAddress left, NetAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Reads an address from text, so that <c>NetAddress a = "10.0.0.1"</c> works.</summary>
    /// <exception cref="FormatException">Not an address.</exception>
    public static implicit operator NetAddress(string text) => Parse(text);

    /// <summary>Converts from .NET's address.</summary>
    public static implicit operator NetAddress(IPAddress address) => FromIPAddress(address);

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        AddressText.TryFormat(this, destination, out charsWritten);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The address as <c>inet_ntop</c> prints it.</summary>
    public override string ToString() => AddressText.Format(this);
}
