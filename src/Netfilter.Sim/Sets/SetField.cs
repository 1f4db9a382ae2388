namespace Netfilter.Sim.Sets;

/// <summary>One part of an element of a set, in the order the type's name lists them.</summary>
internal enum SetField : byte
{
    /// <summary>A single address.</summary>
    Ip,

    /// <summary>An address with a prefix length.</summary>
    Net,

    /// <summary>Protocol and port, or ICMP type and code.</summary>
    Port,

    /// <summary>An Ethernet address.</summary>
    Mac,

    /// <summary>An interface name.</summary>
    Interface,

    /// <summary>The name of another set.</summary>
    Set,
}
