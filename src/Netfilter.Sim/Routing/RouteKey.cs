using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>What a route is asked for with (<c>struct flowi4</c>, <c>struct flowi6</c>).</summary>
internal record struct RouteKey
{
    /// <summary>Where to.</summary>
    public NetAddress Destination;

    /// <summary>Where from; the zero address when the sender has not chosen.</summary>
    public NetAddress Source;

    /// <summary>Index of the interface it came in by; that of <c>lo</c> for what the host sends.</summary>
    public int InIndex;

    /// <summary>Index of the interface it has to leave by; 0 for any.</summary>
    public int OutIndex;

    /// <summary>The mark.</summary>
    public uint Mark;

    /// <summary>The type of service.</summary>
    public byte Tos;

    /// <summary>The protocol, when policy rules want to know it.</summary>
    public byte Protocol;

    /// <summary>The ports, when policy rules want to know them.</summary>
    public ushort SourcePort, DestinationPort;

    /// <summary>The user who sends; null for the kernel itself.</summary>
    public uint? Uid;

    /// <summary>Results of a wider scope than this do not do (<c>flowi4_scope</c>).</summary>
    public byte Scope;

    /// <summary>Whether a route by another interface than <see cref="OutIndex"/> will not do; for IPv6 it is else only a preference.</summary>
    public bool IsStrict;
}
