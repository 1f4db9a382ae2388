using System.Collections.Immutable;

namespace Netfilter.Sim.Conntrack;

/// <summary>A connection at one moment, as <c>conntrack -L</c> shows it. A copy: it does not change.</summary>
public sealed record ConntrackEntry
{
    /// <summary>Number of the entry, unique among those that exist at the same time.</summary>
    public required int Id { get; init; }

    /// <summary>The tuple of packets in the original direction.</summary>
    public required ConnectionTuple Original { get; init; }

    /// <summary>The tuple of answers; differs from the reverse of <see cref="Original"/> where NAT translates.</summary>
    public required ConnectionTuple Reply { get; init; }

    /// <summary>What is known of it.</summary>
    public required ConnectionStatus Status { get; init; }

    /// <summary>Seconds that it has left, rounded down.</summary>
    public required int TimeoutSeconds { get; init; }

    /// <summary>The connection mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The zone.</summary>
    public ConntrackZone Zone { get; init; }

    /// <summary>State of the TCP machine; null for other protocols.</summary>
    public TcpState? TcpState { get; init; }

    /// <summary>State of the SCTP machine; null for other protocols.</summary>
    public SctpState? SctpState { get; init; }

    /// <summary>What the TCP machine knows of both ends; null for other protocols.</summary>
    public (TcpEndpointInfo Original, TcpEndpointInfo Reply)? TcpEndpoints { get; init; }

    /// <summary>Packets and bytes of both directions; null when they are not counted.</summary>
    public ConnectionCounters? Counters { get; init; }

    /// <summary>Numbers of the labels that are set, in order.</summary>
    public ImmutableArray<int> Labels { get; init; } = [];

    /// <summary>Name of the helper; null for none.</summary>
    public string? Helper { get; init; }

    /// <summary>The original tuple of the connection that expected this one; null for none.</summary>
    public ConnectionTuple? Master { get; init; }

    /// <summary>Shifts of the sequence numbers of both directions; null when they are not shifted.</summary>
    public (SequenceShift Original, SequenceShift Reply)? SequenceShifts { get; init; }

    /// <summary>When it was confirmed; null unless that is noted (<c>nf_conntrack_timestamp</c>).</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Seconds since then, rounded down.</summary>
    public long? AgeSeconds { get; init; }

    /// <summary>How many hold on to it, as <c>use=</c> shows: itself, its expectations and the connections it expected.</summary>
    public int UseCount { get; init; } = 1;

    /// <summary>The line of <c>conntrack -L</c>.</summary>
    public override string ToString() => ConnectionText.Format(this);
}

/// <summary>What conntrack knows of one end of a TCP connection.</summary>
/// <param name="WindowScale">The window scale in force.</param>
/// <param name="Flags">The bits of <c>IP_CT_TCP_FLAG_*</c>.</param>
public readonly record struct TcpEndpointInfo(byte WindowScale, byte Flags);

/// <summary>Packets and bytes of both directions.</summary>
/// <param name="OriginalPackets">Packets of the original direction.</param>
/// <param name="OriginalBytes">Bytes of the original direction, IP headers included.</param>
/// <param name="ReplyPackets">Packets of the reply direction.</param>
/// <param name="ReplyBytes">Bytes of the reply direction, IP headers included.</param>
public readonly record struct ConnectionCounters(long OriginalPackets, long OriginalBytes, long ReplyPackets, long ReplyBytes);

/// <summary>By how much sequence numbers of a direction are shifted.</summary>
/// <param name="Position">The sequence number at which the shift changed last.</param>
/// <param name="Before">The shift before it.</param>
/// <param name="After">The shift from it on.</param>
public readonly record struct SequenceShift(uint Position, int Before, int After);
