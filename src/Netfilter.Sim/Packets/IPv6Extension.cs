using System.Collections.Immutable;

namespace Netfilter.Sim.Packets;

/// <summary>An IPv6 extension header: hop-by-hop or destination options, routing, authentication.</summary>
/// <param name="Number">0, 43, 51 or 60; the fragment header (44) is made by <see cref="PacketBuilder.FragmentOffset"/>.</param>
/// <param name="Content">
/// The header without its first byte, which names the next one: the length byte and all that follows. The length byte
/// has to agree.
/// </param>
public readonly record struct IPv6Extension(byte Number, ImmutableArray<byte> Content)
{
    /// <summary>A hop-by-hop options header of the options given, padded to a multiple of 8 bytes.</summary>
    public static IPv6Extension HopByHop(params ReadOnlySpan<byte> options) => WithOptions(IpProtocols.HopByHop, options);

    /// <summary>A destination options header of the options given, padded to a multiple of 8 bytes.</summary>
    public static IPv6Extension DestinationOptions(params ReadOnlySpan<byte> options) =>
        WithOptions(IpProtocols.DestinationOptions, options);

    /// <inheritdoc/>
    public bool Equals(IPv6Extension other) =>
        Number == other.Number && Content.AsSpan().SequenceEqual(other.Content.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Content.IsDefault ? 0 : Content.Length);

    /// <summary>Refuses what would not be found again when the packet is read.</summary>
    /// <exception cref="InvalidOperationException">Another number, or a length byte that does not agree.</exception>
    internal void Validate()
    {
        if (Number is not (IpProtocols.HopByHop or IpProtocols.Routing or IpProtocols.Ah or IpProtocols.DestinationOptions))
        {
            throw new InvalidOperationException($"{Number} is not an IPv6 extension header.");
        }
        int stated = Content.IsDefaultOrEmpty ? 0
            : Number == IpProtocols.Ah ? (Content[0] + 2) * 4 : (Content[0] + 1) * 8;
        if (stated == 0 || stated != Content.Length + 1)
        {
            throw new InvalidOperationException("The length byte of an IPv6 extension header does not agree with its bytes.");
        }
    }

    private static IPv6Extension WithOptions(byte number, ReadOnlySpan<byte> options)
    {
        int size = (options.Length + 2 + 7) / 8 * 8;
        byte[] content = new byte[size - 1];
        content[0] = (byte)((size / 8) - 1);
        options.CopyTo(content.AsSpan(1));
        int padding = size - 2 - options.Length;
        if (padding > 1)
        {
            (content[1 + options.Length], content[2 + options.Length]) = (1, (byte)(padding - 2));
        }
        return new IPv6Extension(number, [.. content]);
    }
}
