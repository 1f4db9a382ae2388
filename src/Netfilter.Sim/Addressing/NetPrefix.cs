using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Netfilter.Sim.Addressing;

/// <summary>
/// An address and the mask it is compared under, as <c>-s</c> and <c>-d</c> hold it: host bits are cleared, and masks that
/// are not a run of ones are kept (<c>struct ipt_ip</c>). <c>default</c> is 0.0.0.0/0.
/// </summary>
public readonly record struct NetPrefix
{
    /// <summary>Makes a prefix; bits outside the mask are cleared.</summary>
    /// <exception cref="ArgumentException">The families differ.</exception>
    public NetPrefix(NetAddress address, NetAddress mask)
    {
        if (address.Family != mask.Family)
        {
            throw new ArgumentException("Address and mask are of different families.", nameof(mask));
        }
        Mask = mask;
        Address = new NetAddress(address.Family, address.Bits & mask.Bits);
    }

    /// <summary>Makes a prefix of a length; bits beyond it are cleared.</summary>
    /// <param name="address">The address.</param>
    /// <param name="length">0 to 32, or 0 to 128.</param>
    public NetPrefix(NetAddress address, int length)
        : this(address, MaskOf(address.Family, length))
    {
    }

    /// <summary>The address, host bits cleared.</summary>
    public NetAddress Address { get; }

    /// <summary>The mask.</summary>
    public NetAddress Mask { get; }

    /// <summary>The family of both.</summary>
    public IpFamily Family => Address.Family;

    /// <summary>The prefix length, or −1 when the mask is not a run of ones.</summary>
    public int Length
    {
        get
        {
            UInt128 bits = Family == IpFamily.IPv4 ? (UInt128)Mask.IPv4Bits << 96 : Mask.Bits;
            int ones = (int)UInt128.LeadingZeroCount(~bits);
            return bits << ones == 0 || ones == 128 ? ones : -1;
        }
    }

    /// <summary>Whether an address of the same family lies within.</summary>
    public bool Contains(NetAddress address) => address.Family == Family && (address.Bits & Mask.Bits) == Address.Bits;

    /// <summary>The mask of a prefix length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not 0 to 32, or 0 to 128.</exception>
    public static NetAddress MaskOf(IpFamily family, int length)
    {
        int width = family == IpFamily.IPv4 ? 32 : 128;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, width);
        UInt128 ones = length == 0 ? UInt128.Zero : UInt128.MaxValue << (width - length);
        return new NetAddress(family, ones);
    }

    /// <summary>Reads <c>address</c>, <c>address/length</c> or <c>address/mask</c>.</summary>
    /// <exception cref="FormatException">Not a prefix.</exception>
    public static NetPrefix Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out NetPrefix prefix) ? prefix : throw new FormatException($"'{text}' is not an address with a prefix length.");

    /// <summary>Reads <c>address</c>, <c>address/length</c> or <c>address/mask</c>.</summary>
    /// <returns>False when the text is not a prefix.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out NetPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (!NetAddress.TryParse(slash < 0 ? text : text[..slash], out NetAddress address))
        {
            return false;
        }
        int width = address.ByteCount * 8;
        if (slash < 0)
        {
            prefix = new NetPrefix(address, width);
            return true;
        }
        ReadOnlySpan<char> mask = text[(slash + 1)..];
        if (int.TryParse(mask, NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            if (length > width)
            {
                return false;
            }
            prefix = new NetPrefix(address, length);
            return true;
        }
        if (!NetAddress.TryParse(mask, out NetAddress bits) || bits.Family != address.Family)
        {
            return false;
        }
        prefix = new NetPrefix(address, bits);
        return true;
    }

    /// <summary>Reads a prefix from text.</summary>
    /// <exception cref="FormatException">Not a prefix.</exception>
    public static implicit operator NetPrefix(string text) => Parse(text);

    /// <summary>Converts from .NET's network.</summary>
    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "The constructor is it.")]
    public static implicit operator NetPrefix(IPNetwork network) => new(network.BaseAddress, network.PrefixLength);

    /// <summary><c>address/length</c>, or <c>address/mask</c> when the mask is not a run of ones.</summary>
    public override string ToString() => Length >= 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}")
        : $"{Address}/{Mask}";
}
