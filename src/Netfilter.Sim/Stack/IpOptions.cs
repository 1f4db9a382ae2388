namespace Netfilter.Sim.Stack;

/// <summary>
/// What a host found in a packet's IPv4 options, until it has left again (<c>struct ip_options</c>). Places are offsets from
/// the start of the IP header, 0 for none.
/// </summary>
internal struct IpOptions
{
    public const int HeaderLength = 20;
    public const int MaxLength = 40;

    /// <summary>Length of all options; 0 when none were looked at.</summary>
    public int Length;

    /// <summary>Where the strict or loose source route is.</summary>
    public int SourceRoute;

    public int RecordRoute;

    public int Timestamp;

    public int Cipso;

    /// <summary>The next hop of a source route that has led here (<c>srr_is_hit</c>, <c>nexthop</c>).</summary>
    public uint? NextHop;

    public bool IsStrictRoute;

    /// <summary>Whether the bytes changed, so that the header checksum is to be computed anew (<c>is_changed</c>).</summary>
    public bool IsChanged;

    /// <summary>Whether the address recorded is to be that of the way out.</summary>
    public bool RecordNeedsAddress;

    public bool TimestampNeedsAddress;

    public bool TimestampNeedsTime;
}
