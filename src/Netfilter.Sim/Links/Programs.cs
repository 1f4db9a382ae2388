using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack;

namespace Netfilter.Sim.Links;

/// <summary>
/// Clients and servers on the hosts of a network: TCP handshakes, questions and answers, resets and errors, as far as packets
/// show them. A TCP server tells its name at once, a UDP server when it is asked. What is lost is not sent again: a client
/// whose answer is not there when all is quiet has waited in vain.
/// </summary>
public sealed partial class Programs
{
    private static readonly byte[] Question = "q\n"u8.ToArray();

    private readonly List<ServerProgram> _servers = [];
    private readonly Dictionary<(string Host, NetEndpoint Local, NetEndpoint Remote), ServerConnection> _accepted = [];
    private readonly Dictionary<(string Host, byte Protocol, ushort Port), Conversation> _clients = [];
    private readonly Queue<(NetworkNamespace Host, DeliveredPacket Delivered)> _inbox = new();
    private readonly WalkOptions? _options;
    private Conversation? _current;

    /// <summary>Makes a network without programs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">How closely to watch packets; null for every rule.</param>
    public Programs(Network network, WalkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        Network = network;
        _options = options;
    }

    private Programs(Network network, Programs origin)
        : this(network, origin._options) => _servers.AddRange(origin._servers);

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The servers.</summary>
    public IReadOnlyList<ServerProgram> Servers => _servers;

    /// <summary>The same servers on a fork of the network; they know of no connection.</summary>
    public Programs On(Network fork) => new(fork, this);

    /// <summary>Starts a server.</summary>
    public ServerProgram Listen(NetworkNamespace host, string name, LocalSocket socket)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.AddSocket(socket);
        ServerProgram server = new(name, host.Name, socket);
        _servers.Add(server);
        return server;
    }

    /// <summary>Stops all servers of a name: nobody listens any more. Connections stay.</summary>
    public void Stop(string name)
    {
        foreach (ServerProgram server in _servers.Where(server => server.Name == name))
        {
            Network.Host(server.Host).RemoveSocket(server.Socket);
        }
        _servers.RemoveAll(server => server.Name == name);
    }

    /// <summary>Ends all TCP connections of a server from its side.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="resets">Whether by a reset, or by an orderly end.</param>
    public void Hangup(string name, bool resets)
    {
        foreach (ServerConnection connection in _accepted.Values.Where(any => any.Server.Name == name).ToArray())
        {
            _accepted.Remove((connection.Host.Name, connection.Local, connection.Remote));
            Transmit(connection, resets ? TcpFlags.Rst | TcpFlags.Ack : TcpFlags.Fin | TcpFlags.Ack);
        }
        Settle();
    }

    /// <summary>A client calls a server and waits for its name.</summary>
    /// <param name="host">The client's host.</param>
    /// <param name="protocol">6 or 17.</param>
    /// <param name="to">Whom it calls.</param>
    /// <param name="port">The client's own port.</param>
    /// <param name="source">The address it binds to; null for the one that the route gives.</param>
    public Conversation Open(NetworkNamespace host, byte protocol, NetEndpoint to, ushort port, NetAddress? source = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        NetAddress? own = source ?? host.ChooseSource(to.Address);
        LocalSocket socket = new(protocol, port) { Address = own ?? new NetAddress(to.Address.Family, 0), Remote = to };
        Conversation conversation = new(host, socket) { NextSequence = (uint)port << 12 };
        if (own is null)
        {
            (conversation.SendError, conversation.IsOpen) = (SendError.NetUnreachable, false);
            conversation.End(ConversationOutcome.Error);
            return conversation;
        }
        host.AddSocket(socket);
        _clients[(host.Name, protocol, port)] = conversation;
        return Exchange(conversation, () =>
        {
            if (protocol == IpProtocols.Tcp)
            {
                Transmit(conversation, TcpFlags.Syn);
            }
            else
            {
                Transmit(conversation, TcpFlags.None, Question);
            }
        });
    }

    /// <summary>A client sends one more message on its connection and waits for the answer.</summary>
    public void Send(Conversation conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        conversation.ForgetJourneys();
        (conversation.Greeting, conversation.Error) = (null, null);
        if (!conversation.IsOpen)
        {
            conversation.End(ConversationOutcome.NotOpen);
            return;
        }
        if (conversation.Pending is { } ended)
        {
            conversation.End(ended);
            Forget(conversation);
            return;
        }
        if (conversation.OwesError)
        {
            // sk->sk_err: the socket tells of the last packet's error in place of sending.
            conversation.End(ConversationOutcome.Refused);
            Forget(conversation);
            return;
        }
        Exchange(conversation, () => Transmit(conversation, TcpFlags.Psh | TcpFlags.Ack, Question));
    }

    /// <summary>A client gives its connection up; TCP's other end is told by a reset.</summary>
    public void Close(Conversation conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        if (!conversation.IsOpen)
        {
            return;
        }
        Forget(conversation);
        if (conversation is { Protocol: IpProtocols.Tcp, IsEstablished: true, Pending: null })
        {
            Transmit(conversation, TcpFlags.Rst | TcpFlags.Ack);
            Settle();
        }
    }

    private Conversation Exchange(Conversation conversation, Action begin)
    {
        _current = conversation;
        conversation.IsWaiting = true;
        begin();
        Settle();
        _current = null;
        if (conversation.IsWaiting)
        {
            // TCP tries again where a datagram's sender is told.
            bool isTold = conversation.Protocol == IpProtocols.Udp && conversation.SendError != SendError.None;
            conversation.End(isTold ? ConversationOutcome.Error : ConversationOutcome.Timeout);
        }
        // The program was told by its send already; the error that came back as a packet waits.
        conversation.OwesError = conversation is { Protocol: IpProtocols.Udp, Error: not null } && conversation.SendError != SendError.None;
        bool staysOpen = conversation.Outcome == ConversationOutcome.Connected || (conversation.Protocol == IpProtocols.Udp
            && conversation.Outcome is ConversationOutcome.Timeout or ConversationOutcome.Unreachable);
        if (!staysOpen)
        {
            Close(conversation);
        }
        return conversation;
    }

    private void Forget(Conversation conversation)
    {
        conversation.IsOpen = false;
        conversation.Host.RemoveSocket(conversation.Socket);
        _clients.Remove((conversation.Host.Name, conversation.Protocol, conversation.Local.Port));
    }

    private void Settle()
    {
        while (_inbox.TryDequeue(out (NetworkNamespace Host, DeliveredPacket Delivered) next))
        {
            Packet packet = next.Delivered.Packet;
            switch (packet.Protocol)
            {
                case IpProtocols.Tcp when packet is { SourcePort: not null, DestinationPort: not null }:
                    TakeTcp(next.Host, packet);
                    break;
                case IpProtocols.Udp when packet is { SourcePort: not null, DestinationPort: not null }:
                    TakeUdp(next.Host, packet);
                    break;
                case IpProtocols.Icmp or IpProtocols.IcmpV6:
                    TakeError(next.Host, packet);
                    break;
            }
        }
    }

    private SendError Transmit(NetworkNamespace host, LocalSocket? socket, Packet packet)
    {
        Journey journey = Network.Send(host, packet, socket, _options);
        _current?.Add(journey);
        foreach ((NetworkNamespace at, DeliveredPacket delivered) in journey.Delivered)
        {
            _inbox.Enqueue((at, delivered));
        }
        return journey.Hops[0].Walk.SendError;
    }
}
