using System.Collections.Immutable;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>What became of a connection in a cluster, seen from both ends and from every node on the way.</summary>
public sealed record Connection
{
    /// <summary>Who called: a pod, a node, the client outside.</summary>
    public required string From { get; init; }

    /// <summary>Whom it called.</summary>
    public required NetEndpoint To { get; init; }

    /// <summary>How it went.</summary>
    public required ConversationOutcome Outcome { get; init; }

    /// <summary>Who answered: a pod as <c>namespace/name</c>; null when nobody did.</summary>
    public string? Backend { get; init; }

    /// <summary>The client's address and port as the backend sees them; null when nobody answered.</summary>
    public NetEndpoint? SourceSeenByBackend { get; init; }

    /// <summary>Why the source was rewritten; null when it was not.</summary>
    public KubeProxy.RuleOrigin? MasqueradedBy { get; init; }

    /// <summary>Who ended it and why, when it did not come about.</summary>
    public string? Failure { get; init; }

    /// <summary>Every host's part, in order, answers included.</summary>
    public ImmutableArray<ConnectionHop> Hops { get; init; } = [];

    /// <summary>Whether the backend sees the address that the client called from.</summary>
    public bool KeepsSource => SourceSeenByBackend is not null && MasqueradedBy is null;

    /// <summary>The story in the words of Kubernetes, a line a host.</summary>
    public string Explain()
    {
        StringBuilder text = new();
        text.Append(From).Append(" calls ").Append(To).Append(": ").Append(Outcome.ToString().ToLowerInvariant());
        text.Append(Backend is null ? "" : $", {Backend} answers and sees {SourceSeenByBackend}").Append('\n');
        if (MasqueradedBy is { } origin)
        {
            text.Append("  masqueraded: ").Append(ReasonWords.Of(origin)).Append('\n');
        }
        if (Failure is not null)
        {
            text.Append("  ").Append(Failure).Append('\n');
        }
        foreach (ConnectionHop hop in Hops)
        {
            text.Append("  ").Append(hop).Append('\n');
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{From} -> {To}: {Outcome}{(Backend is null ? "" : " " + Backend)}";
}
