using System.Collections.Immutable;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>A socket of the host, as far as packets can tell (D15): what owns a sent packet, or listens for received ones.</summary>
/// <param name="Protocol">Protocol number: 6 or 17; 255 for a raw socket.</param>
/// <param name="Port">The bound port; 0 for a raw socket.</param>
public sealed record LocalSocket(byte Protocol, ushort Port)
{
    /// <summary>The bound address; <c>0.0.0.0</c> or <c>::</c> for any of that family, null for any of both.</summary>
    public NetAddress? Address { get; init; }

    /// <summary>The other end that it is connected to, and only gets packets from; null for one that is not connected.</summary>
    public NetEndpoint? Remote { get; init; }

    /// <summary>User id of the owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group id of the owner.</summary>
    public uint Gid { get; init; }

    /// <summary>The owner's further groups.</summary>
    public ImmutableArray<uint> SupplementaryGroups { get; init; } = [];

    /// <summary>Whether it may be bound to foreign addresses (<c>IP_TRANSPARENT</c>).</summary>
    public bool IsTransparent { get; init; }

    /// <summary>The path of its control group in the cgroup2 hierarchy.</summary>
    public string CgroupPath { get; init; } = "/";

    /// <summary>Its class of the net_cls controller.</summary>
    public uint ClassId { get; init; }

    /// <summary>The mark of packets it sends (<c>SO_MARK</c>).</summary>
    public uint Mark { get; init; }

    /// <summary>Whether it is one of the kernel's own, from which the host answers: it has no owner.</summary>
    internal bool IsKernel { get; init; }
}
