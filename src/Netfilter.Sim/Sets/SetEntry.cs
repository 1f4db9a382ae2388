namespace Netfilter.Sim.Sets;

/// <summary>What a set keeps with an element (<c>struct ip_set_ext</c> and the extensions' data).</summary>
internal struct SetEntry
{
    /// <summary>Deadline in jiffies; 0 is never.</summary>
    public long Deadline;

    /// <summary>Packets that matched.</summary>
    public ulong Packets;

    /// <summary>Bytes of those packets.</summary>
    public ulong Bytes;

    /// <summary>Firewall mark to give.</summary>
    public uint SkbMark;

    /// <summary>Bits of the mark to change.</summary>
    public uint SkbMarkMask;

    /// <summary>Priority to give.</summary>
    public uint SkbPriority;

    /// <summary>Hardware queue to give.</summary>
    public ushort SkbQueue;

    /// <summary>Ethernet address of a <c>bitmap:ip,mac</c> element, 48 bits; 0 while unknown.</summary>
    public ulong Mac;

    /// <summary>Whether the element is an exception.</summary>
    public bool NoMatch;

    /// <summary>The comment; null when there is none.</summary>
    public string? Comment;

    /// <summary>Whether the element has outlived its timeout.</summary>
    public readonly bool IsExpired(long jiffies) => Deadline != 0 && Deadline < jiffies;
}
