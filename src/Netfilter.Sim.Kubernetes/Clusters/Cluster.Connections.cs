using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>Connections.</summary>
public sealed partial class Cluster
{
    private const ushort FirstPort = 40000;

    private ushort _nextPort = FirstPort;

    /// <summary>Plays an exchange: a TCP connection on which the server tells its name, or a UDP question and its answer.</summary>
    /// <param name="from">Who calls: a pod by <c>name</c> or <c>namespace/name</c>, a node, <see cref="Outside"/>.</param>
    /// <param name="to">Whom: <c>address:port</c>, or a Service's port as <c>web:80</c>, <c>namespace/web:http</c>.</param>
    /// <param name="protocol">The protocol; of a Service's port, its own.</param>
    /// <exception cref="KeyNotFoundException">There is no such host or Service.</exception>
    /// <exception cref="FormatException"><paramref name="to"/> is neither.</exception>
    public Connection Connect(string from, string to, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        string client = this[from].Name;
        (NetEndpoint target, protocol) = Resolve(to, protocol);
        Connection connection = Play(Programs, client, target, protocol, NextPort());
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return connection;
    }

    /// <summary>Every way that an exchange can go now, with its exact probability. Nothing changes.</summary>
    /// <param name="from">Who calls, as with <see cref="Connect"/>.</param>
    /// <param name="to">Whom, as with <see cref="Connect"/>.</param>
    /// <param name="protocol">The protocol; of a Service's port, its own.</param>
    /// <exception cref="KeyNotFoundException">There is no such host or Service.</exception>
    /// <exception cref="FormatException"><paramref name="to"/> is neither.</exception>
    public Distribution<Connection> Explore(string from, string to, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        string client = this[from].Name;
        (NetEndpoint target, protocol) = Resolve(to, protocol);
        return Network.Explore(fork => Play(Programs.On(fork), client, target, protocol, _nextPort));
    }

    /// <summary>Opens a connection that stays, to be used with <see cref="Programs"/>.</summary>
    /// <param name="from">Who calls, as with <see cref="Connect"/>.</param>
    /// <param name="to">Whom, as with <see cref="Connect"/>.</param>
    /// <param name="protocol">The protocol; of a Service's port, its own.</param>
    /// <exception cref="KeyNotFoundException">There is no such host or Service.</exception>
    /// <exception cref="FormatException"><paramref name="to"/> is neither.</exception>
    public Conversation Open(string from, string to, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        (NetEndpoint target, protocol) = Resolve(to, protocol);
        return Programs.Open(this[from], ProtocolNumber(protocol), target, NextPort());
    }

    /// <summary>The address and port that a text means.</summary>
    /// <param name="to">As with <see cref="Connect"/>.</param>
    /// <param name="protocol">The protocol; of a Service's port, its own.</param>
    /// <exception cref="KeyNotFoundException">There is no such Service or port, or it has no cluster IP.</exception>
    /// <exception cref="FormatException"><paramref name="to"/> is neither.</exception>
    public (NetEndpoint Target, TransportProtocol Protocol) Resolve(string to, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (NetEndpoint.TryParse(to, out NetEndpoint endpoint))
        {
            return (endpoint, protocol);
        }
        int colon = to.LastIndexOf(':');
        if (colon < 0)
        {
            throw new FormatException($"\"{to}\" is neither an address with a port nor a Service with one.");
        }
        string port = to[(colon + 1)..];
        Service service = State.FindService(to[..colon]) ?? throw new KeyNotFoundException($"There is no Service {to[..colon]}.");
        ServicePort found = service.Spec.Ports.AsEnumerable()
            .FirstOrDefault(known => known.Name == port || known.Port.ToString(CultureInfo.InvariantCulture) == port)
            ?? throw new KeyNotFoundException($"{service.Key} has no port {port}.");
        return NetAddress.TryParse(service.Spec.ClusterIP, out NetAddress address)
            ? (new NetEndpoint(address, (ushort)found.Port), found.Protocol)
            : throw new KeyNotFoundException($"{service.Key} has no cluster IP.");
    }

    private ushort NextPort()
    {
        ushort port = _nextPort;
        _nextPort = port == 60999 ? FirstPort : (ushort)(port + 1);
        return port;
    }

    private static Connection Play(Programs programs, string from, NetEndpoint to, TransportProtocol protocol, ushort port)
    {
        Conversation conversation = programs.Open(programs.Network.Host(from), ProtocolNumber(protocol), to, port);
        Connection connection = Describe(from, conversation);
        programs.Close(conversation);
        return connection;
    }

    private static Connection Describe(string from, Conversation conversation)
    {
        ImmutableArray<Hop> hops = [.. conversation.Journeys.SelectMany(journey => journey.Hops)];
        return new Connection
        {
            From = from,
            To = conversation.Remote,
            Outcome = conversation.Outcome,
            Backend = conversation.Greeting?.Server,
            SourceSeenByBackend = conversation.Greeting?.Client,
            MasqueradedBy = hops.Select(hop => MasqueradedBy(hop.Walk)).FirstOrDefault(origin => origin is not null),
            Failure = conversation.Outcome == ConversationOutcome.Connected ? null : FailureOf(hops, conversation.Outcome),
            Hops = [.. hops.Select(hop => new ConnectionHop(hop.Host.Name, hop.Device, hop.Packet, hop.Walk.Fate, ReasonsOf(hop.Walk)))],
        };
    }

    private static IEnumerable<KubeProxy.RuleOrigin> OriginsOf(Walk walk) => walk.Steps.OfType<RuleStep>()
        .Where(step => step.IsMatch).Select(step => step.Rule.Origin).OfType<KubeProxy.RuleOrigin>();

    private static ImmutableArray<KubeProxy.RuleOrigin> ReasonsOf(Walk walk) =>
        [.. OriginsOf(walk).Where(origin => ReasonWords.Matters(origin.Reason))];

    // The rule that led to the mark, where the source was really rewritten.
    private static KubeProxy.RuleOrigin? MasqueradedBy(Walk walk) => !walk.Steps.Any(step => step is NatStep { What: "source" })
        || !OriginsOf(walk).Any(origin => origin.Reason == RuleReason.Masquerade)
        ? null
        : OriginsOf(walk).LastOrDefault(origin => origin.Reason is RuleReason.MasqueradeClusterIPTraffic
            or RuleReason.MasqueradeExternalTraffic or RuleReason.MasqueradeNodeTrafficToExternal or RuleReason.Hairpin);

    private static string FailureOf(ImmutableArray<Hop> hops, ConversationOutcome outcome)
    {
        if (outcome == ConversationOutcome.Refused && hops.LastOrDefault(hop => hop.Walk.Fate.Kind == FateKind.Delivered
            && hop.Packet.TcpFlags == Packets.TcpFlags.Syn) is { } refusing)
        {
            return $"{refusing.Host.Name}: nothing listens on TCP port {refusing.Packet.DestinationPort}";
        }
        foreach (Hop hop in hops)
        {
            foreach (Fate fate in hop.Walk.Lives.Select(life => life.Fate))
            {
                if (fate.Kind is FateKind.Dropped or FateKind.Rejected or FateKind.Unknown or FateKind.Held)
                {
                    string why = fate.Place.Rule?.Origin is KubeProxy.RuleOrigin origin ? ReasonWords.Of(origin) : fate.ToString();
                    return $"{hop.Host.Name}: {why}";
                }
            }
        }
        return hops.IsEmpty ? "there is no route"
            : hops[^1].Walk.Fate is { Kind: FateKind.Forwarded, Device: { } device } ? $"{hops[^1].Host.Name}: sent on by {device.Name}, and nobody answers"
            : $"{hops[^1].Host.Name}: nobody answers; {hops[^1].Walk.Fate}";
    }
}
