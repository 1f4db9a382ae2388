using System.Diagnostics.CodeAnalysis;

namespace Netfilter.Sim.Packets;

// The literal form.
public sealed partial class Packet : ISpanParsable<Packet>
{
    /// <summary>
    /// Reads a packet in its literal form: <c>source &gt; destination/protocol</c> and any of the words below, in any order.
    /// What is not said has <see cref="PacketBuilder"/>'s default. Numbers are decimal or <c>0x</c> hexadecimal, bytes are pairs
    /// of hexadecimal digits.
    /// </summary>
    /// <remarks>
    /// <list type="bullet">
    /// <item>Ends: <c>10.0.0.1</c>, <c>10.0.0.1:80</c>, <c>2001:db8::1</c>, <c>[2001:db8::1]:80</c>.</item>
    /// <item>
    /// Protocols: <c>tcp udp icmp icmp6 sctp udplite dccp gre esp ah igmp</c> or a number.
    /// </item>
    /// <item>
    /// IP: <c>ttl 3</c>, <c>tos 0x10</c>, <c>ipid 7</c>, <c>df</c>, <c>nodf</c>, <c>flow 5</c>, <c>ipopt BYTES</c>,
    /// <c>ext NUMBER BYTES</c> (an extension header without its first byte), <c>frag 1480</c> or <c>frag 0+</c> when more
    /// follow, <c>ipsum 0xffff</c> (a wrong header checksum).
    /// </item>
    /// <item>
    /// TCP: <c>fin syn rst psh ack urg ece cwr ae</c>, <c>seq 1</c>, <c>ack 2</c> (flag and number), <c>acknum 2</c> (number
    /// alone), <c>win 1024</c>, <c>urgp 1</c>, <c>mss 1460</c>, <c>opt BYTES</c>.
    /// </item>
    /// <item>
    /// ICMP: a type by iptables' name (<c>echo-request</c>, the default, <c>port-unreachable</c> …) or <c>type 3 code 1</c>;
    /// <c>id 1</c>, <c>seq 1</c>, or <c>rest 0x00010001</c> for the header's second word.
    /// </item>
    /// <item>Others: UDP <c>ulen 20</c>; UDP-Lite <c>cov 8</c>; SCTP <c>vtag 1</c>; ESP <c>spi 1</c>, <c>seq 1</c>.</item>
    /// <item>
    /// Payload: <c>data BYTES</c> or <c>data "text"</c>; <c>len 100</c> fills up with zeros to a packet of 100 bytes;
    /// <c>raw</c> leaves the transport header to the data; <c>sum 0x1234</c> is a transport checksum that need not be right.
    /// </item>
    /// <item><c>hex BYTES</c> alone is any packet at all.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="PacketFormatException">The text is none; it says where and what was expected.</exception>
    public static Packet Parse(ReadOnlySpan<char> text) =>
        PacketReader.Read(text, out string? error, out int position)
        ?? throw new PacketFormatException(position, error ?? "not a packet");

    /// <summary>Reads a packet in its literal form.</summary>
    /// <returns>False when the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Packet? packet)
    {
        packet = PacketReader.Read(text, out _, out _);
        return packet is not null;
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static Packet Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan());
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static Packet Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out Packet)"/>
    public static bool TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Packet result) =>
        TryParse(s.AsSpan(), out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out Packet)"/>
    public static bool TryParse(
        ReadOnlySpan<char> s, IFormatProvider? provider, [MaybeNullWhen(false)] out Packet result) => TryParse(s, out result);

    /// <summary>
    /// Everything that the packet is made of, to build others like it; null when no description gives exactly its bytes.
    /// </summary>
    public PacketBuilder? ToBuilder() => PacketDescriber.Describe(this);

    /// <summary>Addresses, ports, protocol, flags or message: a line for people. Not all that the packet is.</summary>
    public string Summary => PacketPrinter.Summarize(this);

    /// <summary>The literal form, which reads back to exactly these bytes.</summary>
    public override string ToString() => PacketPrinter.Print(this);
}
