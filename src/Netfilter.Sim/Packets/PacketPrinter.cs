using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Writes packets in their literal form.</summary>
internal static class PacketPrinter
{
    private static readonly (TcpFlags Flag, string Name)[] FlagNames =
    [
        (TcpFlags.Fin, "fin"), (TcpFlags.Syn, "syn"), (TcpFlags.Rst, "rst"), (TcpFlags.Psh, "psh"),
        (TcpFlags.Ack, "ack"), (TcpFlags.Urg, "urg"), (TcpFlags.Ece, "ece"), (TcpFlags.Cwr, "cwr"), (TcpFlags.Ae, "ae"),
    ];

    /// <summary>The literal that <see cref="Packet.Parse(ReadOnlySpan{char})"/> reads back to the same bytes.</summary>
    public static string Print(Packet packet)
    {
        if (PacketDescriber.Describe(packet) is not { } builder)
        {
            return $"hex {Convert.ToHexStringLower(packet.Bytes)}";
        }
        StringBuilder text = new();
        AppendHead(text, builder);
        AppendNetwork(text, builder);
        if (HasHeader(builder))
        {
            AppendTransport(text, builder);
        }
        if (builder.TransportChecksum is { } sum)
        {
            Append(text, $" sum 0x{sum:x4}");
        }
        if (builder.HeaderChecksum is { } headerSum)
        {
            Append(text, $" ipsum 0x{headerSum:x4}");
        }
        AppendPayload(text, builder, packet.Length);
        return text.ToString();
    }

    /// <summary>Addresses, ports, protocol and what it is, as far as the bytes allow.</summary>
    public static string Summarize(Packet packet)
    {
        if (packet.Length < (packet.Family == IpFamily.IPv4 ? 20 : 40))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{packet.Length} bytes that are no IP packet");
        }
        StringBuilder text = new();
        AppendEnd(text, packet.Source, packet.SourcePort);
        text.Append(" > ");
        AppendEnd(text, packet.Destination, packet.DestinationPort);
        text.Append('/').Append(ProtocolName(packet.Protocol));
        AppendFlags(text, packet.TcpFlags);
        if (packet is { IcmpType: { } type, IcmpCode: { } code })
        {
            AppendIcmpType(text, packet.Family, type, code);
        }
        if (packet.IsFragment)
        {
            Append(text, $" frag {packet.FragmentOffset}{(packet.MoreFragments ? "+" : "")}");
        }
        return text.ToString();
    }

    /// <summary>The name of a protocol in literals, or its number.</summary>
    public static string ProtocolName(byte protocol)
    {
        foreach ((string name, byte number) in ProtocolNames)
        {
            if (number == protocol)
            {
                return name;
            }
        }
        return protocol.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Protocols that have a name in literals.</summary>
    public static ReadOnlySpan<(string Name, byte Number)> ProtocolNames => Names;

    /// <summary>TCP's flags by name.</summary>
    public static ReadOnlySpan<(TcpFlags Flag, string Name)> TcpFlagNames => FlagNames;

    private static readonly (string Name, byte Number)[] Names =
    [
        ("tcp", 6), ("udp", 17), ("icmp", 1), ("icmp6", 58), ("sctp", 132), ("udplite", 136), ("dccp", 33), ("gre", 47),
        ("esp", 50), ("ah", 51), ("igmp", 2),
    ];

    private static void AppendHead(StringBuilder text, PacketBuilder builder)
    {
        bool hasPorts = HasHeader(builder) && TransportHeader.HasPorts(builder.Protocol) && builder.Protocol != IpProtocols.Dccp;
        AppendEnd(text, builder.Source, hasPorts ? builder.SourcePort : null);
        text.Append(" > ");
        AppendEnd(text, builder.Destination, hasPorts ? builder.DestinationPort : null);
        text.Append('/').Append(ProtocolName(builder.Protocol));
        if (!builder.HasTransportHeader && TransportWriter.HeaderLength(builder) > 0)
        {
            text.Append(" raw");
        }
    }

    private static void AppendNetwork(StringBuilder text, PacketBuilder builder)
    {
        bool isFragment = builder.FragmentOffset is not null || builder.MoreFragments;
        if (builder.FragmentOffset is { } offset)
        {
            Append(text, $" frag {offset}{(builder.MoreFragments ? "+" : "")}");
        }
        AppendUnless(text, builder.Ttl == 64, $" ttl {builder.Ttl}");
        AppendUnless(text, builder.TypeOfService == 0, $" tos 0x{builder.TypeOfService:x2}");
        AppendUnless(text, builder.Identification == 0, $" ipid {builder.Identification}");
        AppendUnless(text, builder.FlowLabel == 0, $" flow 0x{builder.FlowLabel:x}");
        if (builder.DontFragment is { } dontFragment && dontFragment == isFragment)
        {
            text.Append(dontFragment ? " df" : " nodf");
        }
        if (!builder.Options.IsEmpty)
        {
            Append(text, $" ipopt {Convert.ToHexStringLower(builder.Options.AsSpan())}");
        }
        foreach (IPv6Extension extension in builder.Extensions)
        {
            Append(text, $" ext {extension.Number} {Convert.ToHexStringLower(extension.Content.AsSpan())}");
        }
    }

    private static void AppendTransport(StringBuilder text, PacketBuilder builder)
    {
        switch (builder.Protocol)
        {
            case IpProtocols.Tcp:
                AppendTcp(text, builder);
                break;
            case IpProtocols.Udp:
                int length = 8 + builder.Payload.Length;
                AppendUnless(text, builder.UdpLength is null || builder.UdpLength == length, $" ulen {builder.UdpLength}");
                break;
            case IpProtocols.UdpLite:
                AppendUnless(text, builder.Coverage == 0, $" cov {builder.Coverage}");
                break;
            case IpProtocols.Sctp:
                AppendUnless(text, builder.Tag == 0, $" vtag {builder.Tag}");
                break;
            case IpProtocols.Esp:
                AppendUnless(text, builder.Tag == 0, $" spi {builder.Tag}");
                AppendUnless(text, builder.Sequence is null or 1, $" seq {builder.Sequence}");
                break;
            case IpProtocols.Icmp or IpProtocols.IcmpV6:
                IpFamily family = builder.Destination.Family;
                AppendIcmpType(text, family, builder.IcmpType, builder.IcmpCode);
                if (IcmpNames.IsQuery(family, builder.IcmpType))
                {
                    AppendUnless(text, builder.IcmpRest >> 16 == 0, $" id {builder.IcmpRest >> 16}");
                    AppendUnless(text, (builder.IcmpRest & 0xffff) == 0, $" seq {builder.IcmpRest & 0xffff}");
                }
                else
                {
                    AppendUnless(text, builder.IcmpRest == 0, $" rest 0x{builder.IcmpRest:x}");
                }
                break;
        }
    }

    private static void AppendTcp(StringBuilder text, PacketBuilder builder)
    {
        AppendFlags(text, builder.TcpFlags);
        bool syn = (builder.TcpFlags & TcpFlags.Syn) != 0, ack = (builder.TcpFlags & TcpFlags.Ack) != 0;
        uint sequence = syn ? 0u : 1u, acknowledgement = ack ? 1u : 0u;
        AppendUnless(text, builder.Sequence is null || builder.Sequence == sequence, $" seq {builder.Sequence}");
        AppendUnless(
            text,
            builder.Acknowledgement is null || builder.Acknowledgement == acknowledgement,
            $" acknum {builder.Acknowledgement}");
        AppendUnless(text, builder.Window == 65535, $" win {builder.Window}");
        AppendUnless(text, builder.UrgentPointer == 0, $" urgp {builder.UrgentPointer}");
        if (!builder.TcpOptions.IsEmpty)
        {
            Append(text, $" opt {Convert.ToHexStringLower(builder.TcpOptions.AsSpan())}");
        }
    }

    private static void AppendPayload(StringBuilder text, PacketBuilder builder, int packetLength)
    {
        ReadOnlySpan<byte> payload = builder.Payload.AsSpan();
        if (payload.IsEmpty)
        {
            return;
        }
        if (!payload.ContainsAnyExcept((byte)0))
        {
            Append(text, $" len {packetLength}");
            return;
        }
        bool isText = !payload.ContainsAnyExceptInRange((byte)' ', (byte)'~') && !payload.Contains((byte)'"');
        text.Append(" data ");
        if (isText)
        {
            text.Append('"').Append(Encoding.ASCII.GetString(payload)).Append('"');
        }
        else
        {
            text.Append(Convert.ToHexStringLower(payload));
        }
    }

    private static void AppendEnd(StringBuilder text, NetAddress address, ushort? port)
    {
        if (port is { } number)
        {
            text.Append(new NetEndpoint(address, number).ToString());
        }
        else
        {
            text.Append(address.ToString());
        }
    }

    private static void AppendFlags(StringBuilder text, TcpFlags flags)
    {
        foreach ((TcpFlags flag, string name) in FlagNames)
        {
            if ((flags & flag) != 0)
            {
                text.Append(' ').Append(name);
            }
        }
    }

    private static void AppendIcmpType(StringBuilder text, IpFamily family, byte type, byte code)
    {
        if (IcmpNames.NameOf(family, type, code) is { } name)
        {
            text.Append(' ').Append(name);
        }
        else
        {
            Append(text, $" type {type} code {code}");
        }
    }

    private static bool HasHeader(PacketBuilder builder) => builder.HasTransportHeader && builder.FragmentOffset is not > 0;

    private static void AppendUnless(StringBuilder text, bool isDefault, FormattableString words)
    {
        if (!isDefault)
        {
            Append(text, words);
        }
    }

    private static void Append(StringBuilder text, FormattableString words) =>
        text.Append(words.ToString(CultureInfo.InvariantCulture));
}
