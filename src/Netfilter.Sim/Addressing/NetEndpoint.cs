using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Netfilter.Sim.Addressing;

/// <summary>An address and a port, written <c>10.0.0.1:80</c> or <c>[2001:db8::1]:80</c>.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
public readonly record struct NetEndpoint(NetAddress Address, ushort Port) : ISpanParsable<NetEndpoint>, ISpanFormattable
{
    /// <summary>Reads an address with a port.</summary>
    /// <exception cref="FormatException">Not an address with a port.</exception>
    public static NetEndpoint Parse(ReadOnlySpan<char> text) => TryParse(text, out NetEndpoint endpoint)
        ? endpoint
        : throw new FormatException($"'{text}' is not an address with a port, like 10.0.0.1:80 or [2001:db8::1]:80.");

    /// <summary>Reads an address with a port.</summary>
    /// <returns>False when the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out NetEndpoint endpoint)
    {
        endpoint = default;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !TryParsePort(text[(colon + 1)..], out ushort port))
        {
            return false;
        }
        ReadOnlySpan<char> host = text[..colon];
        bool bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (bracketed)
        {
            host = host[1..^1];
        }
        if (!NetAddress.TryParse(host, out NetAddress address) || (address.Family == IpFamily.IPv6) != bracketed)
        {
            return false;
        }
        endpoint = new NetEndpoint(address, port);
        return true;
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static NetEndpoint Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan());

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static NetEndpoint Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out NetEndpoint)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NetEndpoint result) =>
        TryParse(s.AsSpan(), out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out NetEndpoint)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out NetEndpoint result) =>
        TryParse(s, out result);

    /// <summary>Reads an address with a port, so that <c>Packet.Udp("10.0.0.1:1000", "10.0.0.2:53")</c> works.</summary>
    /// <exception cref="FormatException">Not an address with a port.</exception>
    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "Parse is it.")]
    public static implicit operator NetEndpoint(string text) => Parse(text.AsSpan());

    /// <summary>Converts from .NET's end point.</summary>
    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "The constructor is it.")]
    public static implicit operator NetEndpoint(IPEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return new NetEndpoint(endpoint.Address, (ushort)endpoint.Port);
    }

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Address.Family == IpFamily.IPv4
            ? destination.TryWrite(CultureInfo.InvariantCulture, $"{Address}:{Port}", out charsWritten)
            : destination.TryWrite(CultureInfo.InvariantCulture, $"[{Address}]:{Port}", out charsWritten);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary><c>10.0.0.1:80</c> or <c>[2001:db8::1]:80</c>.</summary>
    public override string ToString() => Address.Family == IpFamily.IPv4
        ? string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}");

    private static bool TryParsePort(ReadOnlySpan<char> text, out ushort port)
    {
        port = 0;
        return text.Length <= 5 && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
    }
}
