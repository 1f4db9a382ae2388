using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Addressing;

/// <summary>An address read as Kubernetes reads it (leniently) and printed as it prints it (canonically).</summary>
/// <remarks>k8s.io/utils/net ParseIPSloppy: IPv4 octets may have leading zeros and are decimal; an IPv4-mapped IPv6
/// address is an IPv4 address. IPv6 is printed lower-case and compressed (RFC 5952), never with a dotted
/// tail.</remarks>
internal readonly record struct KubeAddress(IPFamily Family, UInt128 Value)
{
    public int Width => Family == IPFamily.IPv4 ? 32 : 128;

    public bool IsLoopback => Family == IPFamily.IPv4 ? (uint)Value >> 24 == 127 : Value == UInt128.One;

    public static bool TryParse([NotNullWhen(true)] string? text, out KubeAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }
        return text.Contains(':', StringComparison.Ordinal)
            ? TryParseV6(text, out address)
            : TryParseV4(text, out address);
    }

    public KubeAddress Plus(UInt128 offset) => this with { Value = unchecked(Value + offset) };

    public override string ToString() => Family == IPFamily.IPv4 ? FormatV4((uint)Value) : FormatV6();

    /// <summary>The address with a port, the IPv6 form in brackets.</summary>
    public string WithPort(int port) => Family == IPFamily.IPv4
        ? string.Create(CultureInfo.InvariantCulture, $"{this}:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"[{this}]:{port}");

    private static bool TryParseV4(string text, out KubeAddress address)
    {
        address = default;
        uint value = 0;
        int octets = 0;
        foreach (Range range in text.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> octet = text.AsSpan(range);
            if (octet.Length == 0 || octet.ContainsAnyExceptInRange('0', '9') ||
                !int.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ||
                number > 255 || ++octets > 4)
            {
                return false;
            }
            value = (value << 8) | (uint)number;
        }
        address = new KubeAddress(IPFamily.IPv4, value);
        return octets == 4;
    }

    private static bool TryParseV6(string text, out KubeAddress address)
    {
        address = default;
        if (text.AsSpan().ContainsAny("%[]/") || !IPAddress.TryParse(text, out IPAddress? parsed) ||
            parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        address = value >> 32 == 0xffff
            ? new KubeAddress(IPFamily.IPv4, (uint)value)
            : new KubeAddress(IPFamily.IPv6, value);
        return true;
    }

    private static string FormatV4(uint value) => string.Create(
        CultureInfo.InvariantCulture, $"{value >> 24}.{(value >> 16) & 255}.{(value >> 8) & 255}.{value & 255}");

    private string FormatV6()
    {
        Span<ushort> groups = stackalloc ushort[8];
        for (int i = 0; i < 8; i++)
        {
            groups[i] = unchecked((ushort)(Value >> (112 - (16 * i))));
        }
        (int start, int length) = LongestZeroRun(groups);
        var text = new System.Text.StringBuilder(39);
        for (int i = 0; i < 8; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }
            if (text.Length > 0 && text[^1] != ':')
            {
                text.Append(':');
            }
            text.Append(CultureInfo.InvariantCulture, $"{groups[i]:x}");
        }
        return text.ToString();
    }

    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<ushort> groups)
    {
        (int start, int length) best = (-1, 1);
        for (int i = 0; i < 8; i++)
        {
            int end = i;
            while (end < 8 && groups[end] == 0)
            {
                end++;
            }
            if (end - i > best.length)
            {
                best = (i, end - i);
            }
            i = Math.Max(i, end - 1);
        }
        return best;
    }
}
