using Netfilter.Sim.Nat;

namespace Netfilter.Sim.Conntrack;

/// <summary>A connection that is put into the table by hand (<c>ctnetlink_create_conntrack</c>).</summary>
/// <param name="Original">Its original tuple.</param>
/// <param name="Reply">Its reply tuple, before any translation.</param>
internal sealed record NewConnection(ConnectionTuple Original, ConnectionTuple Reply)
{
    /// <summary>How long it lives.</summary>
    public uint TimeoutSeconds { get; init; }

    /// <summary>Its mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Bits of its status.</summary>
    public ConnectionStatus Status { get; init; }

    /// <summary>State of the TCP machine; null for none.</summary>
    public TcpState? State { get; init; }

    /// <summary>What its source is translated to; null for no word about it.</summary>
    public NatRange? SourceNat { get; init; }

    /// <summary>What its destination is translated to; null for no word about it.</summary>
    public NatRange? DestinationNat { get; init; }
}
