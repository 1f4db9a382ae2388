using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>What the sysctls mean for one interface, combined with <c>all</c> as the kernel combines them (<c>include/linux/inetdevice.h</c>).</summary>
internal readonly record struct DeviceFlags
{
    public bool ForwardsIPv4 { get; private init; }

    public bool ForwardsIPv6 { get; private init; }

    public int RpFilter { get; private init; }

    public bool AcceptsLocal { get; private init; }

    public bool RoutesLocalnet { get; private init; }

    public bool UsesMarkForSource { get; private init; }

    public bool AcceptsSourceRouteIPv4 { get; private init; }

    public int AcceptsSourceRouteIPv6 { get; private init; }

    public bool SendsRedirects { get; private init; }

    /// <summary>Whether neighbours of different networks on the link reach each other (<c>shared_media</c>).</summary>
    public bool SharesMedia { get; private init; }

    public bool DropsUnicastInMulticastIPv4 { get; private init; }

    public bool DropsUnicastInMulticastIPv6 { get; private init; }

    public bool ForwardsBroadcast { get; private init; }

    public int ArpIgnore { get; private init; }

    public bool DisablesIPv6 { get; private init; }

    public int HopLimit { get; private init; }

    public static DeviceFlags Of(NetworkConfiguration configuration, NetDevice device)
    {
        SysctlSettings sysctls = configuration.Sysctls;
        return new DeviceFlags
        {
            ForwardsIPv4 = Own(DeviceSysctl.Forwarding) != 0,
            ForwardsIPv6 = OwnV6(DeviceSysctl.Forwarding) != 0,
            RpFilter = Either(DeviceSysctl.RpFilter),
            AcceptsLocal = Either(DeviceSysctl.AcceptLocal) != 0,
            RoutesLocalnet = Either(DeviceSysctl.RouteLocalnet) != 0,
            UsesMarkForSource = Either(DeviceSysctl.SrcValidMark) != 0,
            AcceptsSourceRouteIPv4 = sysctls.MinWithAll(IpFamily.IPv4, device.Name, DeviceSysctl.AcceptSourceRoute) != 0,
            AcceptsSourceRouteIPv6 = sysctls.MinWithAll(IpFamily.IPv6, device.Name, DeviceSysctl.AcceptSourceRoute),
            SendsRedirects = Either(DeviceSysctl.SendRedirects) != 0,
            SharesMedia = Either(DeviceSysctl.SharedMedia) != 0,
            DropsUnicastInMulticastIPv4 = Either(DeviceSysctl.DropUnicastInL2Multicast) != 0,
            DropsUnicastInMulticastIPv6 = OwnV6(DeviceSysctl.DropUnicastInL2Multicast) != 0,
            ForwardsBroadcast = Own(DeviceSysctl.BcForwarding) != 0,
            ArpIgnore = Either(DeviceSysctl.ArpIgnore),
            DisablesIPv6 = OwnV6(DeviceSysctl.DisableIpv6) != 0,
            HopLimit = OwnV6(DeviceSysctl.HopLimit),
        };

        int Own(DeviceSysctl setting) => sysctls.Of(IpFamily.IPv4, device.Name, setting);
        int OwnV6(DeviceSysctl setting) => sysctls.Of(IpFamily.IPv6, device.Name, setting);
        int Either(DeviceSysctl setting) => sysctls.MaxWithAll(IpFamily.IPv4, device.Name, setting);
    }
}
