using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Packets;

/// <summary>Names of ICMP and ICMPv6 messages in the literal form, as iptables' icmp matches spell them.</summary>
internal static class IcmpNames
{
    private static readonly (string Name, byte Type, byte Code)[] V4 =
    [
        ("echo-reply", 0, 0),
        ("network-unreachable", 3, 0),
        ("host-unreachable", 3, 1),
        ("protocol-unreachable", 3, 2),
        ("port-unreachable", 3, 3),
        ("fragmentation-needed", 3, 4),
        ("source-route-failed", 3, 5),
        ("network-unknown", 3, 6),
        ("host-unknown", 3, 7),
        ("network-prohibited", 3, 9),
        ("host-prohibited", 3, 10),
        ("TOS-network-unreachable", 3, 11),
        ("TOS-host-unreachable", 3, 12),
        ("communication-prohibited", 3, 13),
        ("host-precedence-violation", 3, 14),
        ("precedence-cutoff", 3, 15),
        ("source-quench", 4, 0),
        ("network-redirect", 5, 0),
        ("host-redirect", 5, 1),
        ("TOS-network-redirect", 5, 2),
        ("TOS-host-redirect", 5, 3),
        ("echo-request", 8, 0),
        ("router-advertisement", 9, 0),
        ("router-solicitation", 10, 0),
        ("ttl-zero-during-transit", 11, 0),
        ("ttl-zero-during-reassembly", 11, 1),
        ("ip-header-bad", 12, 0),
        ("required-option-missing", 12, 1),
        ("timestamp-request", 13, 0),
        ("timestamp-reply", 14, 0),
        ("address-mask-request", 17, 0),
        ("address-mask-reply", 18, 0),
    ];

    private static readonly (string Name, byte Type, byte Code)[] V6 =
    [
        ("no-route", 1, 0),
        ("communication-prohibited", 1, 1),
        ("beyond-scope", 1, 2),
        ("address-unreachable", 1, 3),
        ("port-unreachable", 1, 4),
        ("failed-policy", 1, 5),
        ("reject-route", 1, 6),
        ("packet-too-big", 2, 0),
        ("ttl-zero-during-transit", 3, 0),
        ("ttl-zero-during-reassembly", 3, 1),
        ("bad-header", 4, 0),
        ("unknown-header-type", 4, 1),
        ("unknown-option", 4, 2),
        ("echo-request", 128, 0),
        ("echo-reply", 129, 0),
        ("router-solicitation", 133, 0),
        ("router-advertisement", 134, 0),
        ("neighbour-solicitation", 135, 0),
        ("neighbour-advertisement", 136, 0),
        ("redirect", 137, 0),
    ];

    /// <summary>The name of a message, or null when it has none.</summary>
    public static string? NameOf(IpFamily family, byte type, byte code)
    {
        foreach ((string name, byte namedType, byte namedCode) in Table(family))
        {
            if (namedType == type && namedCode == code)
            {
                return name;
            }
        }
        return null;
    }

    /// <summary>Finds a message by name.</summary>
    public static bool TryFind(IpFamily family, ReadOnlySpan<char> name, out byte type, out byte code)
    {
        foreach ((string known, byte knownType, byte knownCode) in Table(family))
        {
            if (name.SequenceEqual(known))
            {
                (type, code) = (knownType, knownCode);
                return true;
            }
        }
        (type, code) = (0, 0);
        return false;
    }

    /// <summary>Whether the header's second word is an identifier and a sequence number.</summary>
    public static bool IsQuery(IpFamily family, byte type) =>
        family == IpFamily.IPv4 ? type is 0 or 8 or (>= 13 and <= 18) : type is 128 or 129;

    private static (string Name, byte Type, byte Code)[] Table(IpFamily family) => family == IpFamily.IPv4 ? V4 : V6;
}
