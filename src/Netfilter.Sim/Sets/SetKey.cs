using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Sets;

/// <summary>What tells one element of a set from another.</summary>
internal readonly record struct SetKey
{
    /// <summary>The first address, cut to <see cref="Prefix"/>.</summary>
    public NetAddress Ip { get; init; }

    /// <summary>Prefix length of the first address.</summary>
    public byte Prefix { get; init; }

    /// <summary>The second address, cut to <see cref="Prefix2"/>.</summary>
    public NetAddress Ip2 { get; init; }

    /// <summary>Prefix length of the second address.</summary>
    public byte Prefix2 { get; init; }

    /// <summary>Protocol number of the port.</summary>
    public byte Protocol { get; init; }

    /// <summary>Port, or ICMP type and code.</summary>
    public ushort Port { get; init; }

    /// <summary>Interface name; null when the type has none.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether the interface is a bridge port's.</summary>
    public bool IsPhysical { get; init; }

    /// <summary>Slot of the member of a list of sets.</summary>
    public int Member { get; init; }
}
