using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m socket</c>: whether a socket of the host gets the packet (<c>net/netfilter/xt_socket.c socket_match</c>,
/// <c>net/ipv4/netfilter/nf_socket_ipv4.c nf_sk_lookup_slow_v4</c>, <c>net/ipv6/netfilter/nf_socket_ipv6.c</c>).
/// </summary>
/// <param name="OnlyTransparent">Whether only sockets with <c>IP_TRANSPARENT</c> count.</param>
/// <param name="AlsoWildcard">Whether sockets that are bound to no address count, too.</param>
/// <param name="RestoresMark">Whether the packet takes over the socket's mark.</param>
public sealed record SocketMatch(bool OnlyTransparent, bool AlsoWildcard, bool RestoresMark) : Match
{
    private const byte NoSocket = 1, Wildcard = 2, NotTransparent = 3;
    private const int TcpHeader = 20, UdpHeader = 8, IcmpHeader = 8;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "socket",
        KernelBytes = 8,
        Summary = "Matches packets that a socket of the host gets.",
        Source = "net/netfilter/xt_socket.c, extensions/libxt_socket.c",
        Revision = 3,
        Hooks = Hooks.PreRouting | Hooks.LocalIn,
        Options =
        [
            new("transparent") { Help = "Only sockets with IP_TRANSPARENT." },
            new("nowildcard") { Help = "Sockets that are bound to no address, too." },
            new("restore-skmark") { Help = "The packet takes over the socket's mark." },
        ],
        Build = values => new SocketMatch(values.Has("transparent"), values.Has("nowildcard"), values.Has("restore-skmark")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Defragmentation;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        LocalSocket? socket = packet.Socket ?? Find(packet, context.Walk);
        if (socket is null)
        {
            return MatchResult.No(NoSocket);
        }
        if (!AlsoWildcard && (socket.Address is null || socket.Address.Value.Bits == 0))
        {
            return MatchResult.No(Wildcard);
        }
        if (OnlyTransparent && !socket.IsTransparent)
        {
            return MatchResult.No(NotTransparent);
        }
        if (RestoresMark)
        {
            packet.Mark = socket.Mark;
        }
        return MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NoSocket => "no socket gets the packet",
        Wildcard => "the socket that gets the packet is bound to no address",
        NotTransparent => "the socket that gets the packet is not transparent",
        _ => "a socket gets the packet",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        ReadOnlySpan<(bool IsSet, string Name)> flags =
            [(OnlyTransparent, "transparent"), (AlsoWildcard, "nowildcard"), (RestoresMark, "restore-skmark")];
        foreach ((bool isSet, string name) in flags)
        {
            if (isSet)
            {
                writer.Flag(name);
            }
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Save(writer.Word("socket"), context);

    private static LocalSocket? Find(PacketBuffer packet, WalkContext walk)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        bool isIcmp = packet.Protocol == (isIPv4 ? IpProtocols.Icmp : IpProtocols.IcmpV6);
        ReadOnlySpan<byte> transport = packet.HasTransport ? packet.Transport : default;
        byte protocol = packet.Protocol;
        NetAddress address = packet.Destination;
        ushort port;
        if (protocol is IpProtocols.Tcp or IpProtocols.Udp)
        {
            if (transport.Length < (protocol == IpProtocols.Tcp ? TcpHeader : UdpHeader))
            {
                return null;
            }
            port = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);
        }
        else if (!isIcmp || !TryReadQuoted(transport, isIPv4, out protocol, out address, out port))
        {
            return null;
        }
        bool isReply = packet.ConntrackInfo == (isIcmp ? ConntrackInfo.RelatedReply : ConntrackInfo.EstablishedReply);
        if (isIPv4 && isReply && packet.Connection >= 0
            && walk.Conntrack.Read(packet.Connection).Has(ConnectionStatus.SourceNatDone))
        {
            // The socket knows its own address, not the one that SNAT showed to the other side.
            ConnectionTuple original = walk.Conntrack.Original(packet.Connection);
            (address, port) = (original.Source, original.SourcePort);
        }
        return walk.Host.FindSocket(protocol, address, port);
    }

    // extract_icmp4_fields, extract_icmp6_fields: the quoted packet is one that the socket has sent.
    private static bool TryReadQuoted(
        ReadOnlySpan<byte> icmp, bool isIPv4, out byte protocol, out NetAddress address, out ushort port)
    {
        (protocol, address, port) = (0, default, 0);
        bool isError = icmp.Length >= IcmpHeader && (isIPv4 ? icmp[0] is 3 or 4 or 5 or 11 or 12 : icmp[0] < 128);
        ReadOnlySpan<byte> quoted = isError ? icmp[IcmpHeader..] : default;
        if (quoted.Length < (isIPv4 ? 20 : 40))
        {
            return false;
        }
        int offset = isIPv4 ? (quoted[0] & 15) * 4 : 40;
        protocol = isIPv4 ? quoted[9] : quoted[6];
        if (!isIPv4)
        {
            offset = PacketParser.SkipExtensionHeaders(quoted, offset, ref protocol, out _);
        }
        if (offset < 0 || protocol is not (IpProtocols.Tcp or IpProtocols.Udp) || quoted.Length < offset + 4)
        {
            return false;
        }
        address = NetAddress.FromBytes(isIPv4 ? quoted.Slice(12, 4) : quoted.Slice(8, 16));
        port = BinaryPrimitives.ReadUInt16BigEndian(quoted[offset..]);
        return true;
    }
}
