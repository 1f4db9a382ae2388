using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Sets;

/// <summary>What <c>ipset create</c> fixed about a set. Immutable.</summary>
internal sealed record IpSetHeader(string Name, IpSetType Type)
{
    /// <summary>The family of addresses.</summary>
    public IpFamily Family { get; init; } = IpFamily.IPv4;

    /// <summary>Number of hash buckets asked for; a power of two from 64.</summary>
    public uint HashSize { get; init; } = 1024;

    /// <summary>Most elements of a hash.</summary>
    public uint MaxElements { get; init; } = 65536;

    /// <summary>Whether a full hash gives up an element for a new one.</summary>
    public bool ForceAdd { get; init; }

    /// <summary>Prefix length that addresses are cut to; −1 when none was given.</summary>
    public int NetMask { get; init; } = -1;

    /// <summary>Mask that addresses are cut to instead; null when none was given.</summary>
    public NetAddress? BitMask { get; init; }

    /// <summary>Most elements of a hash bucket; an even number from 2 to 12.</summary>
    public byte BucketSize { get; init; } = 12;

    /// <summary>
    /// What a hash starts from. Linux takes a secret number unless one is given; here it follows from the name, so that a set
    /// prints the same whenever it is made.
    /// </summary>
    public uint InitialValue { get; init; } = StableHash(Name);

    /// <summary>Seconds that an element lives unless it says otherwise; null when elements have no timeout, 0 for ever.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary>Whether elements count packets and bytes.</summary>
    public bool HasCounters { get; init; }

    /// <summary>Whether elements have comments.</summary>
    public bool HasComments { get; init; }

    /// <summary>Whether elements carry a mark, a priority and a queue.</summary>
    public bool HasSkbInfo { get; init; }

    /// <summary>First address or port of a bitmap.</summary>
    public uint RangeFirst { get; init; }

    /// <summary>Last address or port of a bitmap.</summary>
    public uint RangeLast { get; init; }

    /// <summary>Size that a list of sets was made with.</summary>
    public uint ListSize { get; init; } = 8;

    /// <summary>Place in the kernel's array of sets: the first free one when it was made.</summary>
    public int Index { get; init; }

    /// <summary>An address as the set keeps it: cut by <see cref="NetMask"/> or <see cref="BitMask"/>.</summary>
    public NetAddress Cut(NetAddress address) => BitMask is { } mask
        ? new NetAddress(address.Family, address.Bits & mask.Bits)
        : NetMask >= 0 ? new NetPrefix(address, NetMask).Address : address;

    /// <summary>Whether <c>ipset swap</c> may exchange it for another (<c>ip_set_swap</c>).</summary>
    public bool CanSwapWith(IpSetHeader other) => Type == other.Type && Family == other.Family;

    private static uint StableHash(string name)
    {
        uint hash = 2166136261;
        foreach (char c in name)
        {
            hash = unchecked((hash ^ c) * 16777619);
        }
        return hash;
    }
}
