namespace Netfilter.Sim.Addressing;

/// <summary>The two families that have iptables tables of their own (<c>NFPROTO_IPV4</c>, <c>NFPROTO_IPV6</c>).</summary>
public enum IpFamily : byte
{
    /// <summary>IPv4: <c>iptables</c>.</summary>
    IPv4 = 4,

    /// <summary>IPv6: <c>ip6tables</c>.</summary>
    IPv6 = 6,
}
