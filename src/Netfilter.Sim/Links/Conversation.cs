using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack;

namespace Netfilter.Sim.Links;

/// <summary>A client's exchange with a server, as its program knows it.</summary>
public sealed class Conversation
{
    private readonly List<Journey> _journeys = [];

    internal Conversation(NetworkNamespace host, LocalSocket socket)
    {
        Host = host;
        Socket = socket;
    }

    /// <summary>The client's host.</summary>
    public NetworkNamespace Host { get; }

    /// <summary>The client's own end.</summary>
    public NetEndpoint Local => new(Socket.Address!.Value, Socket.Port);

    /// <summary>The end that it called.</summary>
    public NetEndpoint Remote => Socket.Remote!.Value;

    /// <summary>Protocol number.</summary>
    public byte Protocol => Socket.Protocol;

    /// <summary>How the last exchange went.</summary>
    public ConversationOutcome Outcome { get; internal set; } = ConversationOutcome.Timeout;

    /// <summary>Whether the TCP handshake was completed.</summary>
    public bool IsEstablished { get; internal set; }

    /// <summary>What the server told last; null when nobody answered.</summary>
    public ServerGreeting? Greeting { get; internal set; }

    /// <summary>The ICMP or ICMPv6 error that ended it; null for none.</summary>
    public Packet? Error { get; internal set; }

    /// <summary>What the client's host said to the program that wanted to send.</summary>
    public SendError SendError { get; internal set; }

    /// <summary>All journeys of packets since it began or since its last message, in order.</summary>
    public ImmutableArray<Journey> Journeys => [.. _journeys];

    /// <summary>Whether its socket is still there.</summary>
    public bool IsOpen { get; internal set; } = true;

    internal LocalSocket Socket { get; }

    internal uint NextSequence { get; set; }

    internal uint NextExpected { get; set; }

    /// <summary>What ended it while nobody looked.</summary>
    internal ConversationOutcome? Pending { get; set; }

    internal bool IsWaiting { get; set; }

    /// <summary>Whether its UDP socket has an ICMP error to tell that no call has told yet.</summary>
    internal bool OwesError { get; set; }

    internal void Add(Journey journey) => _journeys.Add(journey);

    internal void ForgetJourneys() => _journeys.Clear();

    /// <summary>Ends an exchange.</summary>
    internal void End(ConversationOutcome outcome)
    {
        Outcome = outcome;
        IsWaiting = false;
    }
}
