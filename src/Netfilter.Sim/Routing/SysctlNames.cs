using System.Collections.Frozen;

namespace Netfilter.Sim.Routing;

/// <summary>The keys that are known, with their defaults and ranges (<c>devinet_conf</c>, <c>addrconf_sysctl</c>, <c>ipv4_net_table</c>).</summary>
internal static class SysctlNames
{
    /// <summary>Key, default, lowest and highest value of the settings that a namespace has once.</summary>
    private static readonly (string Key, long Default, long Min, long Max)[] GlobalTable =
    [
        ("net.ipv4.ip_default_ttl", 64, 1, 255),
        ("net.ipv4.ip_nonlocal_bind", 0, 0, 1),
        ("net.ipv4.ip_no_pmtu_disc", 0, 0, 3),
        ("net.ipv4.ip_forward_use_pmtu", 0, 0, 1),
        ("net.ipv4.ip_forward_update_priority", 1, 0, 1),
        ("net.ipv4.ip_early_demux", 1, 0, 1),
        ("net.ipv4.fwmark_reflect", 0, 0, 1),
        ("net.ipv4.tcp_fwmark_accept", 0, 0, 1),
        ("net.ipv4.tcp_syncookies", 1, 0, 2),
        ("net.ipv4.tcp_timestamps", 1, 0, 2),
        ("net.ipv4.icmp_echo_ignore_all", 0, 0, 1),
        ("net.ipv4.icmp_echo_enable_probe", 0, 0, 1),
        ("net.ipv4.icmp_echo_ignore_broadcasts", 1, 0, 1),
        ("net.ipv4.icmp_ignore_bogus_error_responses", 1, 0, 1),
        ("net.ipv4.icmp_errors_use_inbound_ifaddr", 0, 0, 1),
        ("net.ipv4.icmp_ratelimit", 1000, 0, int.MaxValue),
        ("net.ipv4.icmp_ratemask", 6168, 0, uint.MaxValue),
        ("net.ipv4.icmp_msgs_per_sec", 10000, 0, int.MaxValue),
        ("net.ipv4.icmp_msgs_burst", 50, 0, int.MaxValue),
        ("net.ipv4.ipfrag_time", 30, 0, int.MaxValue),
        ("net.ipv4.ipfrag_max_dist", 64, 0, int.MaxValue),
        ("net.ipv4.ipfrag_high_thresh", 4194304, 0, long.MaxValue),
        ("net.ipv4.ipfrag_low_thresh", 3145728, 0, long.MaxValue),
        ("net.ipv4.fib_multipath_hash_policy", 0, 0, 3),
        ("net.ipv4.fib_multipath_use_neigh", 0, 0, 1),
        ("net.ipv4.route.min_pmtu", 552, 68, int.MaxValue),
        ("net.ipv4.route.mtu_expires", 600, 0, int.MaxValue),
        ("net.ipv4.route.error_burst", 1250, 0, int.MaxValue),
        ("net.ipv4.route.error_cost", 250, 0, int.MaxValue),
        ("net.ipv6.bindv6only", 0, 0, 1),
        ("net.ipv6.auto_flowlabels", 1, 0, 3),
        ("net.ipv6.flowlabel_consistency", 1, 0, 1),
        ("net.ipv6.flowlabel_reflect", 0, 0, 7),
        ("net.ipv6.fwmark_reflect", 0, 0, 1),
        ("net.ipv6.idgen_delay", 1, 0, int.MaxValue),
        ("net.ipv6.ip_nonlocal_bind", 0, 0, 1),
        ("net.ipv6.anycast_src_echo_reply", 0, 0, 1),
        ("net.ipv6.icmp.ratelimit", 1000, 0, int.MaxValue),
        ("net.ipv6.icmp.ratemask", 0, 0, long.MaxValue),
        ("net.ipv6.icmp.echo_ignore_all", 0, 0, 1),
        ("net.ipv6.icmp.echo_ignore_multicast", 0, 0, 1),
        ("net.ipv6.icmp.echo_ignore_anycast", 0, 0, 1),
        ("net.ipv6.icmp.error_anycast_as_unicast", 0, 0, 1),
        ("net.ipv6.ip6frag_time", 60, 0, int.MaxValue),
        ("net.ipv6.ip6frag_high_thresh", 4194304, 0, long.MaxValue),
        ("net.ipv6.ip6frag_low_thresh", 3145728, 0, long.MaxValue),
        ("net.ipv6.route.skip_notify_on_dev_down", 0, 0, 1),
        ("net.bridge.bridge-nf-call-iptables", 1, 0, int.MaxValue),
        ("net.bridge.bridge-nf-call-ip6tables", 1, 0, int.MaxValue),
        ("net.bridge.bridge-nf-call-arptables", 1, 0, int.MaxValue),
        ("net.bridge.bridge-nf-filter-vlan-tagged", 0, 0, int.MaxValue),
        ("net.bridge.bridge-nf-filter-pppoe-tagged", 0, 0, int.MaxValue),
        ("net.bridge.bridge-nf-pass-vlan-input-dev", 0, 0, int.MaxValue),
        ("net.netfilter.nf_log_all_netns", 0, 0, 1),
    ];

    /// <summary>Name, setting and default of the settings of an IPv4 interface (<c>ipv4_devconf_dflt</c>).</summary>
    private static readonly (string Name, DeviceSysctl Setting, int Default)[] IPv4Table =
    [
        ("forwarding", DeviceSysctl.Forwarding, 0),
        ("mc_forwarding", DeviceSysctl.McForwarding, 0),
        ("bc_forwarding", DeviceSysctl.BcForwarding, 0),
        ("rp_filter", DeviceSysctl.RpFilter, 0),
        ("accept_local", DeviceSysctl.AcceptLocal, 0),
        ("route_localnet", DeviceSysctl.RouteLocalnet, 0),
        ("src_valid_mark", DeviceSysctl.SrcValidMark, 0),
        ("accept_source_route", DeviceSysctl.AcceptSourceRoute, 1),
        ("accept_redirects", DeviceSysctl.AcceptRedirects, 1),
        ("send_redirects", DeviceSysctl.SendRedirects, 1),
        ("secure_redirects", DeviceSysctl.SecureRedirects, 1),
        ("shared_media", DeviceSysctl.SharedMedia, 1),
        ("drop_unicast_in_l2_multicast", DeviceSysctl.DropUnicastInL2Multicast, 0),
        ("drop_gratuitous_arp", DeviceSysctl.DropGratuitousArp, 0),
        ("log_martians", DeviceSysctl.LogMartians, 0),
        ("proxy_arp", DeviceSysctl.ProxyArp, 0),
        ("proxy_arp_pvlan", DeviceSysctl.ProxyArpPvlan, 0),
        ("arp_filter", DeviceSysctl.ArpFilter, 0),
        ("arp_ignore", DeviceSysctl.ArpIgnore, 0),
        ("arp_announce", DeviceSysctl.ArpAnnounce, 0),
        ("arp_notify", DeviceSysctl.ArpNotify, 0),
        ("arp_accept", DeviceSysctl.ArpAccept, 0),
        ("arp_evict_nocarrier", DeviceSysctl.ArpEvictNocarrier, 1),
        ("bootp_relay", DeviceSysctl.BootpRelay, 0),
        ("promote_secondaries", DeviceSysctl.PromoteSecondaries, 0),
        ("ignore_routes_with_linkdown", DeviceSysctl.IgnoreRoutesWithLinkdown, 0),
        ("force_igmp_version", DeviceSysctl.ForceIgmpVersion, 0),
        ("tag", DeviceSysctl.Tag, 0),
        ("medium_id", DeviceSysctl.Medium, 0),
        ("disable_xfrm", DeviceSysctl.DisableXfrm, 0),
        ("disable_policy", DeviceSysctl.DisablePolicy, 0),
    ];

    /// <summary>Name, setting and default of the settings of an IPv6 interface (<c>ipv6_devconf_dflt</c>).</summary>
    private static readonly (string Name, DeviceSysctl Setting, int Default)[] IPv6Table =
    [
        ("forwarding", DeviceSysctl.Forwarding, 0),
        ("hop_limit", DeviceSysctl.HopLimit, 64),
        ("mtu", DeviceSysctl.Mtu, 0),
        ("accept_ra", DeviceSysctl.AcceptRa, 1),
        ("accept_redirects", DeviceSysctl.AcceptRedirects, 1),
        ("autoconf", DeviceSysctl.AutoConf, 1),
        ("accept_dad", DeviceSysctl.AcceptDad, 1),
        ("dad_transmits", DeviceSysctl.DadTransmits, 1),
        ("addr_gen_mode", DeviceSysctl.AddrGenMode, 0),
        ("keep_addr_on_down", DeviceSysctl.KeepAddrOnDown, 0),
        ("use_tempaddr", DeviceSysctl.UseTempAddr, 0),
        ("accept_source_route", DeviceSysctl.AcceptSourceRoute, 0),
        ("proxy_ndp", DeviceSysctl.ProxyNdp, 0),
        ("disable_ipv6", DeviceSysctl.DisableIpv6, 0),
        ("drop_unicast_in_l2_multicast", DeviceSysctl.DropUnicastInL2Multicast, 0),
        ("force_tllao", DeviceSysctl.ForceTllao, 0),
        ("seg6_enabled", DeviceSysctl.SegmentRoutingEnabled, 0),
        ("optimistic_dad", DeviceSysctl.OptimisticDad, 0),
        ("ignore_routes_with_linkdown", DeviceSysctl.IgnoreRoutesWithLinkdown, 0),
        ("mc_forwarding", DeviceSysctl.McForwarding, 0),
    ];

    public static FrozenDictionary<string, (long Default, long Min, long Max)> Globals { get; } =
        GlobalTable.ToFrozenDictionary(row => row.Key, row => (row.Default, row.Min, row.Max), StringComparer.Ordinal);

    public static FrozenDictionary<string, DeviceSysctl> IPv4 { get; } =
        IPv4Table.ToFrozenDictionary(row => row.Name, row => row.Setting, StringComparer.Ordinal);

    public static FrozenDictionary<string, DeviceSysctl> IPv6 { get; } =
        IPv6Table.ToFrozenDictionary(row => row.Name, row => row.Setting, StringComparer.Ordinal);

    public static DeviceSettings IPv4Defaults { get; } = DeviceSettings.Of(IPv4Table.Select(row => (row.Setting, row.Default)));

    public static DeviceSettings IPv6Defaults { get; } = DeviceSettings.Of(IPv6Table.Select(row => (row.Setting, row.Default)));
}
