using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>
/// All settings of <c>sysctl</c> that packets can feel, as values: what a namespace has once, and what each interface
/// has, with <c>all</c> and <c>default</c>. Immutable; conntrack's own keys live with conntrack.
/// </summary>
internal sealed record SysctlSettings
{
    private const string All = "all";
    private const string Default = "default";

    private ImmutableDictionary<string, long> Globals
    {
        get;
        init
        {
            field = value;
            ForwardingSetsPriority = Global("net.ipv4.ip_forward_update_priority") != 0;
            FragmentTimeoutSeconds = (int)Global("net.ipv4.ipfrag_time");
        }
    } = ImmutableDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Asked for by every forwarded packet, so that it is not looked up by name.</summary>
    public bool ForwardingSetsPriority { get; private init; } = SysctlNames.Globals["net.ipv4.ip_forward_update_priority"].Default != 0;

    /// <summary>Asked for by every tracked packet, so that it is not looked up by name.</summary>
    public int FragmentTimeoutSeconds { get; private init; } = (int)SysctlNames.Globals["net.ipv4.ipfrag_time"].Default;

    private ImmutableDictionary<string, DeviceSettings> IPv4 { get; init; } = Start(SysctlNames.IPv4Defaults);

    private ImmutableDictionary<string, DeviceSettings> IPv6 { get; init; } = Start(SysctlNames.IPv6Defaults);

    /// <summary>The settings of a fresh namespace.</summary>
    public static SysctlSettings KernelDefaults { get; } = new();

    public bool IpForward => IPv4[All][DeviceSysctl.Forwarding] != 0;

    public int DefaultTtl => (int)Global("net.ipv4.ip_default_ttl");

    public int IcmpRateLimit => (int)Global("net.ipv4.icmp_ratelimit");

    public uint IcmpRateMask => (uint)Global("net.ipv4.icmp_ratemask");

    public bool BridgeCallsIptables => Global("net.bridge.bridge-nf-call-iptables") != 0;

    public bool BridgeCallsIp6tables => Global("net.bridge.bridge-nf-call-ip6tables") != 0;

    public bool BridgeFiltersVlanTagged => Global("net.bridge.bridge-nf-filter-vlan-tagged") != 0;

    public bool BridgePassesVlanInputDevice => Global("net.bridge.bridge-nf-pass-vlan-input-dev") != 0;

    /// <summary>The value of a key that a namespace has once.</summary>
    public long Global(string key) => Globals.TryGetValue(key, out long value) ? value : SysctlNames.Globals[key].Default;

    /// <summary>The own setting of an interface.</summary>
    public int Of(IpFamily family, string device, DeviceSysctl setting)
    {
        ImmutableDictionary<string, DeviceSettings> map = Map(family);
        return map.TryGetValue(device, out DeviceSettings? settings) ? settings[setting] : map[Default][setting];
    }

    /// <summary>The setting under <c>all</c>.</summary>
    public int OfAll(IpFamily family, DeviceSysctl setting) => Map(family)[All][setting];

    /// <summary>The larger of the interface's setting and that of <c>all</c> (<c>IN_DEV_MAXCONF</c>, and <c>IN_DEV_ORCONF</c> for switches).</summary>
    public int MaxWithAll(IpFamily family, string device, DeviceSysctl setting) =>
        Math.Max(OfAll(family, setting), Of(family, device, setting));

    /// <summary>The smaller of the two (<c>IN_DEV_ANDCONF</c> for switches).</summary>
    public int MinWithAll(IpFamily family, string device, DeviceSysctl setting) =>
        Math.Min(OfAll(family, setting), Of(family, device, setting));

    /// <summary>Gives a new interface the settings of <c>default</c> (<c>inetdev_init</c>, <c>ipv6_add_dev</c>).</summary>
    public SysctlSettings WithDevice(string device) => this with
    {
        IPv4 = IPv4.SetItem(device, IPv4[Default]),
        IPv6 = IPv6.SetItem(device, IPv6[Default]),
    };

    /// <summary>Forgets an interface.</summary>
    public SysctlSettings WithoutDevice(string device) => this with { IPv4 = IPv4.Remove(device), IPv6 = IPv6.Remove(device) };

    /// <summary>Reads a key; null when it is not known.</summary>
    public string? Read(string key)
    {
        string name = Normalize(key);
        if (name == "net.ipv4.ip_forward")
        {
            return IpForward ? "1" : "0";
        }
        if (SysctlNames.Globals.ContainsKey(name))
        {
            return Global(name).ToString(CultureInfo.InvariantCulture);
        }
        return TrySplit(name, out IpFamily family, out string device, out DeviceSysctl setting) && Map(family).ContainsKey(device)
            ? Of(family, device, setting).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>Writes a key; null when it is not known or the value is not one it takes.</summary>
    public SysctlSettings? Write(string key, long value)
    {
        string name = Normalize(key);
        if (name == "net.ipv4.ip_forward")
        {
            return WithForwarding(IpFamily.IPv4, value);
        }
        if (SysctlNames.Globals.TryGetValue(name, out (long Default, long Min, long Max) range))
        {
            return value < range.Min || value > range.Max ? null : this with { Globals = Globals.SetItem(name, value) };
        }
        if (!TrySplit(name, out IpFamily family, out string device, out DeviceSysctl setting)
            || !Map(family).TryGetValue(device, out DeviceSettings? settings) || value is < int.MinValue or > int.MaxValue)
        {
            return null;
        }
        if (setting == DeviceSysctl.Forwarding && device == All)
        {
            return WithForwarding(family, value);
        }
        return WithMap(family, Map(family).SetItem(device, settings.With(setting, (int)value)));
    }

    /// <summary>Switching forwarding under <c>all</c> switches it everywhere (<c>inet_forward_change</c>, <c>addrconf_fixup_forwarding</c>).</summary>
    private SysctlSettings WithForwarding(IpFamily family, long value)
    {
        int forwarding = value != 0 ? 1 : 0;
        return WithMap(family, Map(family).ToImmutableDictionary(
            entry => entry.Key,
            entry => entry.Value.With(DeviceSysctl.Forwarding, forwarding),
            StringComparer.Ordinal));
    }

    private ImmutableDictionary<string, DeviceSettings> Map(IpFamily family) => family == IpFamily.IPv4 ? IPv4 : IPv6;

    private SysctlSettings WithMap(IpFamily family, ImmutableDictionary<string, DeviceSettings> map) =>
        family == IpFamily.IPv4 ? this with { IPv4 = map } : this with { IPv6 = map };

    private static ImmutableDictionary<string, DeviceSettings> Start(DeviceSettings defaults) =>
        ImmutableDictionary.Create<string, DeviceSettings>(StringComparer.Ordinal).Add(All, defaults).Add(Default, defaults);

    /// <summary>Keys are written with dots or with slashes; with dots, a dot of an interface's name is written as a slash.</summary>
    private static string Normalize(string key)
    {
        int dot = key.IndexOf('.', StringComparison.Ordinal);
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash >= 0 && (dot < 0 || slash < dot)
            ? string.Create(key.Length, key, (span, text) =>
            {
                for (int i = 0; i < span.Length; i++)
                {
                    span[i] = text[i] switch { '/' => '.', '.' => '/', char c => c };
                }
            })
            : key;
    }

    private static bool TrySplit(string key, out IpFamily family, out string device, out DeviceSysctl setting)
    {
        (family, device, setting) = (IpFamily.IPv4, "", default);
        const string V4 = "net.ipv4.conf.", V6 = "net.ipv6.conf.";
        family = key.StartsWith(V6, StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        if (family == IpFamily.IPv4 && !key.StartsWith(V4, StringComparison.Ordinal))
        {
            return false;
        }
        int last = key.LastIndexOf('.');
        if (last <= V4.Length)
        {
            return false;
        }
        device = key[V4.Length..last].Replace('/', '.');
        return (family == IpFamily.IPv4 ? SysctlNames.IPv4 : SysctlNames.IPv6).TryGetValue(key[(last + 1)..], out setting);
    }
}
