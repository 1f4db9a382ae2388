namespace Netfilter.Sim.Packets;

/// <summary>What <see cref="IpSanity"/> found.</summary>
/// <param name="Reason">Why the packet is dropped; <see cref="IpSanityReason.None"/> when it is not.</param>
internal readonly record struct IpSanityResult(IpSanityReason Reason)
{
    /// <summary>Whether the packet goes on.</summary>
    public bool IsOk => Reason == IpSanityReason.None;

    /// <summary>Code of the ICMPv6 parameter problem that the host answers with, or −1 when it keeps silent.</summary>
    public int ParameterProblemCode { get; init; } = -1;

    /// <summary>Offset of the faulty byte that such an answer names.</summary>
    public int Pointer { get; init; }

    public static implicit operator IpSanityResult(IpSanityReason reason) => new(reason);
}

/// <summary>Why the IP layer throws a received packet away before PREROUTING (<c>enum skb_drop_reason</c>).</summary>
internal enum IpSanityReason : byte
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>Shorter than its IP header.</summary>
    HeaderTruncated,

    /// <summary>Neither version 4 nor 6.</summary>
    Version,

    /// <summary>IPv4 header length under 20.</summary>
    HeaderLength,

    /// <summary>IPv4 header checksum.</summary>
    Checksum,

    /// <summary>Shorter than the header says.</summary>
    Truncated,

    /// <summary>IPv4 total length smaller than the header.</summary>
    TotalLength,

    /// <summary><c>::1</c> from outside.</summary>
    LoopbackAddress,

    /// <summary>IPv6 group of interface-local scope from outside, or of the reserved scope 0.</summary>
    MulticastScope,

    /// <summary>IPv6 group as source.</summary>
    MulticastSource,

    /// <summary>A hop-by-hop header that is malformed or has an option that says so.</summary>
    HopByHop,

    /// <summary>A jumbo payload option that contradicts the length.</summary>
    Jumbo,
}
