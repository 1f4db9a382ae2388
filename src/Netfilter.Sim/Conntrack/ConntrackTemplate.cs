using Netfilter.Sim.Conntrack.Helpers;

namespace Netfilter.Sim.Conntrack;

/// <summary>What a CT rule asks for of the connection that a packet will begin (the kernel's template <c>nf_conn</c>).</summary>
internal sealed record ConntrackTemplate
{
    /// <summary>The zone to look in.</summary>
    public ConntrackZone Zone { get; init; }

    /// <summary>Whether the packet's mark is the zone's number (<c>--zone mark</c>).</summary>
    public bool ZoneFromMark { get; init; }

    /// <summary>The helper; null for none.</summary>
    public ConnectionHelper? Helper { get; init; }

    /// <summary>Timeouts in jiffies by the protocol's states; null for the namespace's.</summary>
    public uint[]? Timeouts { get; init; }

    /// <summary>The events that listeners are told of; null for all.</summary>
    public ConntrackEvents? Events { get; init; }

    /// <summary>The expectation events that listeners are told of; null for all.</summary>
    public ConntrackEvents? ExpectEvents { get; init; }

    /// <summary>Whether SYNPROXY plays one end of the connection.</summary>
    public bool SynProxy { get; init; }
}
