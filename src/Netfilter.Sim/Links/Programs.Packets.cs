using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Links;

/// <summary>What programs and their kernels do with packets (<c>tcp_v4_rcv</c>, <c>udp_rcv</c>, <c>tcp_v4_err</c>, <c>__udp4_lib_err</c>).</summary>
public sealed partial class Programs
{
    private const uint ServerSequence = 0x1000_0000;

    private static NetEndpoint SourceOf(Packet packet) => new(packet.Source, packet.SourcePort!.Value);

    private static NetEndpoint DestinationOf(Packet packet) => new(packet.Destination, packet.DestinationPort!.Value);

    private void TakeTcp(NetworkNamespace host, Packet packet)
    {
        (NetEndpoint own, NetEndpoint other) = (DestinationOf(packet), SourceOf(packet));
        if (_clients.TryGetValue((host.Name, IpProtocols.Tcp, own.Port), out Conversation? client)
            && client.Local == own && client.Remote == other)
        {
            TakeAsClient(client, packet);
        }
        else if (_accepted.TryGetValue((host.Name, own, other), out ServerConnection? connection))
        {
            TakeAsServer(connection, packet);
        }
        else if (host.FindSocket(IpProtocols.Tcp, own.Address, own.Port, other) is { } listening
            && _servers.Find(server => server.Host == host.Name && server.Socket == listening) is { } server)
        {
            TakeAsListener(host, server, packet);
        }
    }

    private void TakeAsClient(Conversation client, Packet packet)
    {
        TcpFlags flags = packet.TcpFlags;
        if ((flags & TcpFlags.Rst) != 0)
        {
            EndClient(client, client.IsEstablished ? ConversationOutcome.Reset : ConversationOutcome.Refused);
            return;
        }
        if (!client.IsEstablished)
        {
            if ((flags & (TcpFlags.Syn | TcpFlags.Ack)) == (TcpFlags.Syn | TcpFlags.Ack))
            {
                client.NextExpected = packet.TcpSequence + 1;
                client.IsEstablished = true;
                Transmit(client, TcpFlags.Ack);
            }
            return;
        }
        if (packet.TcpSequence != client.NextExpected)
        {
            return;
        }
        if (!packet.Payload.IsEmpty)
        {
            client.NextExpected += (uint)packet.Payload.Length;
            Transmit(client, TcpFlags.Ack);
            client.Greeting = ServerGreeting.TryParse(packet.Payload);
            client.End(ConversationOutcome.Connected);
        }
        if ((flags & TcpFlags.Fin) != 0)
        {
            client.NextExpected++;
            Transmit(client, TcpFlags.Ack);
            EndClient(client, ConversationOutcome.Closed);
        }
    }

    private static void EndClient(Conversation client, ConversationOutcome outcome)
    {
        client.Pending = outcome;
        if (client.IsWaiting)
        {
            client.End(outcome);
        }
    }

    private void TakeAsListener(NetworkNamespace host, ServerProgram server, Packet packet)
    {
        TcpFlags flags = packet.TcpFlags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin);
        (NetEndpoint own, NetEndpoint other) = (DestinationOf(packet), SourceOf(packet));
        if (flags == TcpFlags.Syn)
        {
            ServerConnection connection = new(host, server, own, other)
            {
                NextSequence = ServerSequence + ((uint)other.Port << 8),
                NextExpected = packet.TcpSequence + 1,
            };
            _accepted[(host.Name, own, other)] = connection;
            Transmit(connection, TcpFlags.Syn | TcpFlags.Ack);
        }
        else if ((flags & TcpFlags.Ack) != 0 && (flags & TcpFlags.Rst) == 0)
        {
            Transmit(host, server.Socket, Segment(own, other, TcpFlags.Rst, packet.TcpAcknowledgement, 0, default));
        }
    }

    private void TakeAsServer(ServerConnection connection, Packet packet)
    {
        if ((packet.TcpFlags & TcpFlags.Rst) != 0)
        {
            _accepted.Remove((connection.Host.Name, connection.Local, connection.Remote));
            return;
        }
        if (packet.TcpSequence != connection.NextExpected || (packet.TcpFlags & TcpFlags.Ack) == 0)
        {
            return;
        }
        bool isNew = !connection.IsEstablished;
        connection.IsEstablished = true;
        connection.NextExpected += (uint)packet.Payload.Length;
        if (isNew || !packet.Payload.IsEmpty)
        {
            byte[] greeting = new ServerGreeting(connection.Server.Name, connection.Remote, connection.Local).ToBytes();
            Transmit(connection, TcpFlags.Psh | TcpFlags.Ack, greeting);
        }
    }

    private void TakeUdp(NetworkNamespace host, Packet packet)
    {
        (NetEndpoint own, NetEndpoint other) = (DestinationOf(packet), SourceOf(packet));
        if (_clients.TryGetValue((host.Name, IpProtocols.Udp, own.Port), out Conversation? client)
            && client.Local == own && client.Remote == other)
        {
            client.Greeting = ServerGreeting.TryParse(packet.Payload);
            client.End(ConversationOutcome.Connected);
        }
        else if (host.FindSocket(IpProtocols.Udp, own.Address, own.Port, other) is { } listening
            && _servers.Find(server => server.Host == host.Name && server.Socket == listening) is { } server)
        {
            byte[] greeting = new ServerGreeting(server.Name, other, own).ToBytes();
            Transmit(host, server.Socket, Packet.Udp(own, other, greeting));
        }
    }

    /// <summary>An ICMP error ends what is about to begin; later TCP passes over it, and UDP over what may heal.</summary>
    private void TakeError(NetworkNamespace host, Packet packet)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        bool isError = isIPv4 ? packet.IcmpType is 3 or 11 or 12 : packet.IcmpType is >= 1 and <= 4;
        if (!isError || packet.TransportBytes.Length < 8 + (isIPv4 ? 28 : 48))
        {
            return;
        }
        Packet quoted = Packet.Parse(packet.TransportBytes[8..]);
        if (quoted.SourcePort is not { } port
            || !_clients.TryGetValue((host.Name, quoted.Protocol, port), out Conversation? client) || !client.IsWaiting)
        {
            return;
        }
        bool counts = client.Protocol == IpProtocols.Tcp ? !client.IsEstablished
            : SourceOf(quoted) == client.Local && DestinationOf(quoted) == client.Remote && IsFatal(packet);
        if (counts)
        {
            client.Error = packet;
            client.End(ConversationOutcome.Unreachable);
        }
    }

    /// <summary><c>icmp_err_convert</c>, <c>icmpv6_err_convert</c>.</summary>
    private static bool IsFatal(Packet packet) => packet.Family == IpFamily.IPv4
        ? packet.IcmpType == 12 || packet is { IcmpType: 3, IcmpCode: 2 or 3 or 6 or 7 or 8 or 9 or 10 or 13 or 14 or 15 }
        : packet.IcmpType == 4 || packet is { IcmpType: 1, IcmpCode: 1 or 4 or 5 or 6 };

    private void Transmit(Conversation client, TcpFlags flags, ReadOnlySpan<byte> payload = default)
    {
        Packet packet = client.Protocol == IpProtocols.Tcp
            ? Segment(client.Local, client.Remote, flags, client.NextSequence, client.NextExpected, payload)
            : Packet.Udp(client.Local, client.Remote, payload);
        client.NextSequence += (uint)payload.Length + ((flags & TcpFlags.Syn) != 0 ? 1u : 0);
        client.SendError = Transmit(client.Host, client.Socket, packet);
    }

    private void Transmit(ServerConnection connection, TcpFlags flags, ReadOnlySpan<byte> payload = default)
    {
        Packet packet = Segment(
            connection.Local, connection.Remote, flags, connection.NextSequence, connection.NextExpected, payload);
        connection.NextSequence += (uint)payload.Length + ((flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0 ? 1u : 0);
        Transmit(connection.Host, connection.Server.Socket, packet);
    }

    private static Packet Segment(
        NetEndpoint from, NetEndpoint to, TcpFlags flags, uint sequence, uint acknowledgement, ReadOnlySpan<byte> payload) =>
        new PacketBuilder
        {
            Source = from.Address,
            Destination = to.Address,
            SourcePort = from.Port,
            DestinationPort = to.Port,
            TcpFlags = flags,
            Sequence = sequence,
            Acknowledgement = (flags & TcpFlags.Ack) != 0 ? acknowledgement : 0,
            Payload = [.. payload],
        }.Build();
}
