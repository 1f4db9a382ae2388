using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>IPv6 source address selection (RFC 6724; <c>net/ipv6/addrconf.c ipv6_dev_get_saddr</c>).</summary>
internal sealed partial class Fib
{
    /// <summary>The best source address for a destination that is reached by an interface.</summary>
    /// <returns>Null when there is none.</returns>
    public NetAddress? SelectSourceV6(NetDevice device, NetAddress destination)
    {
        int scope = ScopeV6(destination.Bits);
        bool onlyThatDevice = destination.Bits >> 120 == 0xff || scope <= LinkScope;
        (SourceRank Rank, NetAddress Address)? best = null;
        foreach (NetDevice candidate in Configuration.Devices)
        {
            if (onlyThatDevice && candidate.Index != device.Index)
            {
                continue;
            }
            // The kernel keeps the newest address first, and among equals the first one wins.
            for (int i = candidate.Addresses.Length - 1; i >= 0; i--)
            {
                InterfaceAddress address = candidate.Addresses[i];
                if (address.Address.Family != IpFamily.IPv6 || !candidate.IsUp)
                {
                    continue;
                }
                SourceRank rank = Rank(address, candidate.Index == device.Index, destination.Bits, scope);
                if (best is not { } present || rank.CompareTo(present.Rank) > 0)
                {
                    best = (rank, address.Address);
                }
            }
        }
        return best?.Address;
    }

    private const int LinkScope = 2;

    private static SourceRank Rank(InterfaceAddress address, bool isOutgoing, UInt128 destination, int scope)
    {
        UInt128 bits = address.Address.Bits;
        int own = ScopeV6(bits);
        int common = Math.Min((int)UInt128.LeadingZeroCount(bits ^ destination), address.PrefixLength);
        return new SourceRank(
            bits == destination,
            own >= scope ? -own : own - 128,
            !address.IsDeprecated,
            isOutgoing,
            LabelV6(bits) == LabelV6(destination),
            common);
    }

    /// <summary>The scope of an address in the numbering of groups: 1 host, 2 link, 5 site, 14 global.</summary>
    public static int ScopeV6(UInt128 bits) => bits >> 120 == 0xff ? (int)(bits >> 112) & 15
        : bits == UInt128.One || (uint)(bits >> 118) == 0x3fa ? LinkScope
        : (uint)(bits >> 118) == 0x3fb ? 5
        : 14;

    /// <summary>Labels of the default policy table (<c>net/ipv6/addrlabel.c ip6addrlbl_init_table</c>).</summary>
    private static int LabelV6(UInt128 bits) => bits == UInt128.One ? 0
        : bits >> 121 == 0x7e ? 5
        : bits >> 112 == 0x2002 ? 2
        : bits >> 96 == 0x20010000 ? 6
        : bits >> 100 == 0x2001001 ? 7
        : bits >> 118 == 0x3fb ? 11
        : bits >> 112 == 0x3ffe ? 12
        : bits >> 32 == 0xffff ? 4
        : bits >> 32 == 0 ? 3
        : 1;

    /// <summary>The rules of RFC 6724 section 5 that apply, the more important first.</summary>
    private readonly record struct SourceRank(
        bool IsDestination, int Scope, bool IsPreferred, bool IsOutgoing, bool HasLabel, int CommonLength) : IComparable<SourceRank>
    {
        public int CompareTo(SourceRank other) =>
            Compare(IsDestination, other.IsDestination) is not 0 and int destination ? destination
            : Compare(Scope, other.Scope) is not 0 and int scope ? scope
            : Compare(IsPreferred, other.IsPreferred) is not 0 and int preferred ? preferred
            : Compare(IsOutgoing, other.IsOutgoing) is not 0 and int outgoing ? outgoing
            : Compare(HasLabel, other.HasLabel) is not 0 and int label ? label
            : CommonLength.CompareTo(other.CommonLength);

        private static int Compare<T>(T left, T right)
            where T : IComparable<T> => left.CompareTo(right);
    }
}
