using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>What <c>addrtype</c> asks of IPv6 addresses (<c>net/netfilter/xt_addrtype.c match_type6, match_lookup_rt6</c>).</summary>
internal static class AddressTypeV6
{
    private const int Unspecified = 1 << (int)RouteType.Unspecified;
    private const int Unicast = 1 << (int)RouteType.Unicast;
    private const int Local = 1 << (int)RouteType.Local;
    private const int Anycast = 1 << (int)RouteType.Anycast;
    private const int Multicast = 1 << (int)RouteType.Multicast;
    private const int Unreachable = 1 << (int)RouteType.Unreachable;

    /// <summary>Whether an address is of one of some types. Asked for several, some have to hold together.</summary>
    public static bool Fits(Fib fib, NetAddress address, NetDevice? device, ushort types)
    {
        bool isMulticast = address.Bits >> 120 == 0xff, isUnspecified = address.Bits == 0;
        // ipv6_addr_type: every address is unicast but groups and the unspecified one.
        if (((types & Multicast) != 0 && !isMulticast)
            || ((types & Unicast) != 0 && (isMulticast || isUnspecified))
            || ((types & Unspecified) != 0 && !isUnspecified))
        {
            return false;
        }
        return (types & (Local | Anycast | Unreachable)) == 0 || (types & Lookup(fib, address, device, types)) != 0;
    }

    private static int Lookup(Fib fib, NetAddress address, NetDevice? device, ushort types)
    {
        int found = device is not null && (types & Local) != 0 && HasAddress(device, address) ? Local : 0;
        RouteResult route = fib.Lookup(new RouteKey
        {
            Destination = address,
            Source = new NetAddress(UInt128.Zero),
            InIndex = fib.Loopback.Index,
            OutIndex = device?.Index ?? 0,
            IsStrict = device is not null,
        });
        if (Fib.ThrowsAway(route.Type))
        {
            // An error of the look-up says unreachable alone; so does a route that refuses, beside what was found.
            return Unreachable;
        }
        found |= device is null && route.Type == RouteType.Local ? Local : 0;
        return found | (route.IsAnycast ? Anycast : 0);
    }

    private static bool HasAddress(NetDevice device, NetAddress address)
    {
        foreach (InterfaceAddress own in device.Addresses)
        {
            if (own.Address == address)
            {
                return true;
            }
        }
        return false;
    }
}
