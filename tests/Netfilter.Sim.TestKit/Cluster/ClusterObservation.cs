using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Links;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Stack;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>What a client and its server saw of a connection, in the words of the cases.</summary>
internal sealed record ClusterObservation
{
    public required string Outcome { get; init; }

    public string? Backend { get; init; }

    public string? Source { get; init; }

    public string? SourcePort { get; init; }

    public string? Destination { get; init; }

    public string? Icmp { get; init; }

    public string? IcmpFrom { get; init; }

    public string? Errno { get; init; }

    public bool Established { get; init; }

    /// <summary>What was recorded.</summary>
    public static ClusterObservation Read(JsonElement group) => new()
    {
        Outcome = group.GetProperty("outcome").GetString()!,
        Backend = Text(group, "backend"),
        Source = Text(group, "source"),
        SourcePort = Text(group, "sourcePort"),
        Destination = Text(group, "destination"),
        Icmp = Text(group, "icmp"),
        IcmpFrom = Text(group, "icmpFrom"),
        Errno = Text(group, "errno"),
        Established = group.TryGetProperty("established", out JsonElement established) && established.GetBoolean(),
    };

    /// <summary>What happened here.</summary>
    public static ClusterObservation Of(Conversation conversation)
    {
        string outcome = conversation.Outcome switch
        {
            ConversationOutcome.NotOpen => "not-open",
            ConversationOutcome other => other.ToString().ToLowerInvariant(),
        };
        return conversation.Outcome switch
        {
            ConversationOutcome.Connected when conversation.Greeting is { } greeting => new ClusterObservation
            {
                Outcome = outcome,
                Backend = greeting.Server,
                Source = greeting.Client.Address.ToString(),
                SourcePort = greeting.Client.Port == conversation.Local.Port ? "kept" : "changed",
                Destination = greeting.Address.ToString(),
            },
            ConversationOutcome.Unreachable when conversation.Error is { } error => new ClusterObservation
            {
                Outcome = outcome,
                Icmp = IcmpNameOf(error),
                IcmpFrom = error.Source.ToString(),
            },
            ConversationOutcome.Error => new ClusterObservation { Outcome = outcome, Errno = ErrnoOf(conversation.SendError) },
            ConversationOutcome.Timeout => new ClusterObservation
            {
                Outcome = outcome,
                Established = conversation is { Protocol: IpProtocols.Tcp, IsEstablished: true },
            },
            _ => new ClusterObservation { Outcome = outcome },
        };
    }

    /// <summary>The name of an ICMP or ICMPv6 error.</summary>
    public static string IcmpNameOf(Packet packet)
    {
        (byte type, byte code) = (packet.IcmpType ?? 0, packet.IcmpCode ?? 0);
        if (packet.Family == IpFamily.IPv6)
        {
            return type switch
            {
                1 => "icmp6-" + code switch
                {
                    0 => "no-route",
                    1 => "adm-prohibited",
                    2 => "beyond-scope",
                    3 => "address-unreachable",
                    4 => "port-unreachable",
                    5 => "policy-fail",
                    6 => "reject-route",
                    _ => $"{code}",
                },
                3 => "icmp6-time-exceeded",
                _ => $"icmp6-{type}-{code}",
            };
        }
        return type switch
        {
            3 => "icmp-" + code switch
            {
                0 => "net-unreachable",
                1 => "host-unreachable",
                2 => "protocol-unreachable",
                3 => "port-unreachable",
                9 => "net-prohibited",
                10 => "host-prohibited",
                13 => "admin-prohibited",
                _ => $"{code}",
            },
            11 => "icmp-time-exceeded",
            _ => $"icmp-{type}-{code}",
        };
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', new[]
    {
        Outcome, Backend, Source is null ? null : $"saw {Source} ({SourcePort})", Destination is null ? null : "at " + Destination,
        Icmp is null ? null : $"{Icmp} from {IcmpFrom}", Errno, Established ? "after the handshake" : null,
    }.Where(part => part is not null));

    private static string ErrnoOf(SendError error) => error switch
    {
        SendError.NetUnreachable => "ENETUNREACH",
        SendError.HostUnreachable => "EHOSTUNREACH",
        SendError.AccessDenied => "EACCES",
        SendError.Permission => "EPERM",
        _ => "EINVAL",
    };

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
