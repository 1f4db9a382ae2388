using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.SynProxy;

/// <summary>The segments that SYNPROXY makes (<c>net/netfilter/nf_synproxy_core.c synproxy_send_*</c>).</summary>
internal static class SynProxySender
{
    private const int TcpHeader = 20;

    private static ConntrackTemplate Template { get; } = new() { SynProxy = true };

    /// <summary>Answers a client's SYN for the server, with a cookie and no window.</summary>
    /// <param name="syn">The SYN.</param>
    /// <param name="options">The options of the answer.</param>
    /// <param name="clientMss">The segment size that the client announced.</param>
    /// <param name="walk">The walk.</param>
    public static void AnswerClient(PacketBuffer syn, in SynProxyOptions options, ushort clientMss, WalkContext walk)
    {
        ReadOnlySpan<byte> tcp = syn.Transport;
        TcpFlags flags = TcpFlags.Syn | TcpFlags.Ack | (options.Has(SynProxyFlags.Ecn) ? TcpFlags.Ece : TcpFlags.None);
        uint acknowledged = unchecked(BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + 1);
        uint cookie = SynCookie.Make(syn, clientMss, walk.NowNanoseconds);
        PacketBuffer answer = Write(syn, true, new Header(cookie, acknowledged, flags, 0), options, walk);
        Send(answer, syn, syn.Connection, ConntrackInfo.EstablishedReply, walk);
    }

    /// <summary>
    /// A client has acknowledged a cookie: opens the connection to the server in its name. The acknowledgement number tells the
    /// hook function the number that the client knows; the flag is not set.
    /// </summary>
    /// <returns>False when it was no cookie.</returns>
    public static bool OpenToServer(PacketBuffer ack, SynProxyOptions options, uint sequence, WalkContext walk)
    {
        ushort mss = SynCookie.Check(ack, walk.NowNanoseconds);
        if (mss == 0)
        {
            return false;
        }
        options.Mss = mss;
        options.Flags |= SynProxyFlags.Mss;
        if (options.Has(SynProxyFlags.Timestamp))
        {
            options.TakeFromEcho();
        }
        ReadOnlySpan<byte> tcp = ack.Transport;
        TcpFlags flags = TcpFlags.Syn | (options.Has(SynProxyFlags.Ecn) ? TcpFlags.Ece | TcpFlags.Cwr : TcpFlags.None);
        uint relayed = unchecked(BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]) - 1);
        ushort window = BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]);
        PacketBuffer syn = Write(ack, false, new Header(unchecked(sequence - 1), relayed, flags, window), options, walk);
        syn.Template = Template;
        Send(syn, ack, -1, ConntrackInfo.None, walk);
        return true;
    }

    /// <summary>Acknowledges the server's SYN-ACK.</summary>
    public static void AcknowledgeServer(PacketBuffer synAck, in SynProxyOptions options, ushort window, WalkContext walk)
    {
        ReadOnlySpan<byte> tcp = synAck.Transport;
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
        uint acknowledged = unchecked(BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + 1);
        PacketBuffer ack = Write(synAck, true, new Header(sequence, acknowledged, TcpFlags.Ack, window), options, walk);
        Send(ack, synAck, -1, ConntrackInfo.None, walk);
    }

    /// <summary>Opens the window for the client, whose handshake was over before the server's began.</summary>
    public static void OpenWindow(PacketBuffer synAck, in SynProxyOptions options, WalkContext walk)
    {
        ReadOnlySpan<byte> tcp = synAck.Transport;
        uint sequence = unchecked(BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + 1);
        uint acknowledged = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
        ushort window = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]) >> options.WindowScale);
        PacketBuffer ack = Write(synAck, false, new Header(sequence, acknowledged, TcpFlags.Ack, window), options, walk);
        Send(ack, synAck, synAck.Connection, ConntrackInfo.EstablishedReply, walk);
    }

    private static PacketBuffer Write(
        PacketBuffer about, bool turnsRound, in Header header, in SynProxyOptions options, WalkContext walk)
    {
        PacketBuffer packet = walk.Stack.Rent();
        bool isIPv4 = about.Family == IpFamily.IPv4;
        int network = isIPv4 ? 20 : 40;
        Span<byte> ip = packet.Begin(network + TcpHeader + options.Length);
        byte ttl = (byte)walk.Host.Configuration.Sysctls.DefaultTtl;
        NetAddress source = turnsRound ? about.Destination : about.Source, destination = turnsRound ? about.Source : about.Destination;
        if (isIPv4)
        {
            IcmpError.WriteHeaderV4(ip, source.IPv4Bits, destination.IPv4Bits, IpProtocols.Tcp, 0, ttl, 0, true, default);
        }
        else
        {
            IcmpError.WriteHeaderV6(ip, source.Bits, destination.Bits, IpProtocols.Tcp, 0, ttl);
        }
        Span<byte> tcp = ip[network..];
        ReadOnlySpan<byte> ports = about.Transport;
        ports.Slice(turnsRound ? 2 : 0, 2).CopyTo(tcp);
        ports.Slice(turnsRound ? 0 : 2, 2).CopyTo(tcp[2..]);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], header.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], header.Acknowledged);
        (tcp[12], tcp[13]) = ((byte)((TcpHeader + options.Length) << 2), (byte)header.Flags);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], header.Window);
        tcp.Slice(16, 4).Clear();
        options.Write(tcp[TcpHeader..]);
        PacketParser.ParseNetworkHeader(packet);
        packet.MakeChecksumPartial();
        return packet;
    }

    // synproxy_send_tcp, synproxy_send_tcp_ipv6
    private static void Send(PacketBuffer packet, PacketBuffer about, int connection, ConntrackInfo info, WalkContext walk)
    {
        packet.Route = about.Route;
        if (!walk.Stack.RouteMeHarder(packet))
        {
            walk.Stack.Return(packet);
            return;
        }
        if (connection >= 0)
        {
            (packet.Connection, packet.ConntrackInfo) = (connection, info);
        }
        walk.Stack.LocalOut(packet, LifeCause.MadeByRule);
    }

    /// <summary>What differs from segment to segment.</summary>
    private readonly record struct Header(uint Sequence, uint Acknowledged, TcpFlags Flags, ushort Window);
}
