using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Nat;

// The targets whose address follows from the host.
internal sealed partial class NatEngine
{
    /// <summary>
    /// The source becomes the address that the outgoing interface has for the next hop
    /// (<c>nf_nat_masquerade.c nf_nat_masquerade_ipv4, nf_nat_masquerade_ipv6</c>).
    /// </summary>
    public Verdict Masquerade(PacketBuffer packet, in NatRange range, WalkContext walk)
    {
        int id = packet.Connection;
        NetDevice? device = packet.OutDevice;
        if (id < 0 || device is null)
        {
            return Verdict.Accept;
        }
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        if (isIPv4 && Tracker.Original(id).Source.IPv4Bits == 0)
        {
            return Verdict.Accept;
        }
        NetAddress? address = isIPv4
            ? host.Fib.SelectSourceV4(device, packet.Route?.Gateway ?? packet.Destination, RouteScope.Universe)
            : host.Fib.SelectSourceV6(device, packet.Destination);
        if (address is not { } source)
        {
            walk.Blame(Fate.Dropped($"MASQUERADE: no interface has an address to take, {device} least of all"));
            return Verdict.Drop;
        }
        Tracker.Write(id).MasqueradeDevice = device.Index;
        return SetupInfo(packet, WithAddress(range, source), NatManip.Source, walk);
    }

    /// <summary>
    /// The destination becomes the host itself: the first address of the incoming interface, or of <c>lo</c> in OUTPUT
    /// (<c>nf_nat_redirect.c</c>).
    /// </summary>
    public Verdict Redirect(PacketBuffer packet, Hook hook, in NatRange range, WalkContext walk)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        NetAddress? address = hook == Hook.LocalOut
            ? isIPv4 ? new NetAddress(0x7f000001u) : new NetAddress(UInt128.One)
            : FirstAddress(packet.InDevice, packet);
        if (address is { } destination)
        {
            return SetupInfo(packet, WithAddress(range, destination), NatManip.Destination, walk);
        }
        walk.Blame(Fate.Dropped($"REDIRECT: {packet.InDevice} has no address of the destination's scope"));
        return Verdict.Drop;
    }

    /// <summary>The network part is replaced, the host part stays (<c>xt_NETMAP.c</c>).</summary>
    public Verdict MapNetwork(PacketBuffer packet, Hook hook, in NatRange range, WalkContext walk)
    {
        NatManip manip = NatManipExtensions.ManipAt(hook);
        UInt128 hostMask = range.MinAddress.Bits ^ range.MaxAddress.Bits;
        NetAddress present = manip == NatManip.Source ? packet.Source : packet.Destination;
        NetAddress mapped = new(packet.Family, (present.Bits & hostMask) | (range.MinAddress.Bits & ~hostMask));
        return SetupInfo(packet, WithAddress(range, mapped), manip, walk);
    }

    private static NatRange WithAddress(in NatRange range, NetAddress address) => range with
    {
        Flags = range.Flags | NatRangeFlags.MapAddresses,
        MinAddress = address,
        MaxAddress = address,
    };

    /// <summary>
    /// IPv4's oldest address; IPv6's newest of the widest scope, and of the destination's own if that is a narrow one
    /// (<c>nf_nat_redirect_ipv6_usable</c>).
    /// </summary>
    private static NetAddress? FirstAddress(NetDevice? device, PacketBuffer packet)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        int wanted = isIPv4 ? 0 : Fib.ScopeV6(packet.Destination.Bits);
        bool isNarrow = wanted is 1 or 2 or 5;
        NetAddress? first = null;
        foreach (InterfaceAddress own in device?.Addresses ?? [])
        {
            NetAddress address = own.Address;
            if (address.Family != packet.Family || (isNarrow && Fib.ScopeV6(address.Bits) != wanted))
            {
                continue;
            }
            if (first is not { } present || (!isIPv4 && Fib.ScopeV6(address.Bits) >= Fib.ScopeV6(present.Bits)))
            {
                first = address;
            }
        }
        return first;
    }
}
