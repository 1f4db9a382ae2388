using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The rules every payload has, whatever Services there are.</summary>
/// <remarks>pkg/proxy/iptables/proxier.go syncProxyRules, before and after its service loop.</remarks>
internal static class FixedRules
{
    private const string NodePortsComment =
        "-m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" ";

    private static readonly string[] FilterChainNames =
    [
        KubeChains.Services, KubeChains.ExternalServices, KubeChains.Forward, KubeChains.NodePorts,
        KubeChains.ProxyFirewall,
    ];

    private static readonly string[] NatChainNames =
        [KubeChains.Services, KubeChains.NodePorts, KubeChains.Postrouting, KubeChains.MarkMasquerade];

    public static IEnumerable<string> FilterChains(ProxierContext context) =>
        context.LocalhostNodePorts ? FilterChainNames.Append(KubeChains.Firewall) : FilterChainNames;

    public static IEnumerable<string> NatChains => NatChainNames;

    public static int FilterCount(ProxierContext context) =>
        2 + (context.LocalhostNodePorts ? 1 : 0) + (context.Settings.ConntrackTcpBeLiberal ? 0 : 1);

    public static int NatCount(ProxierContext context) => 4 + context.NodePortJumps.Length;

    public static void WriteFilterHead(ProxierContext context, RuleSink sink)
    {
        if (context.LocalhostNodePorts)
        {
            sink.Add(
                KubeChains.Filter, KubeChains.Firewall,
                "-m comment --comment \"block incoming localnet connections\" -d 127.0.0.0/8 ! -s 127.0.0.0/8 " +
                "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
                RuleReason.LocalnetDrop);
        }
    }

    public static void WriteFilterTail(ProxierContext context, RuleSink sink)
    {
        if (!context.Settings.ConntrackTcpBeLiberal)
        {
            string counter = context.CountInvalid
                ? $"-m nfacct --nfacct-name {KubeProxierSettings.InvalidDroppedCounter} "
                : "";
            sink.Add(
                KubeChains.Filter, KubeChains.Forward, $"-m conntrack --ctstate INVALID {counter}-j DROP",
                RuleReason.InvalidDrop);
        }
        sink.Add(
            KubeChains.Filter, KubeChains.Forward,
            "-m comment --comment \"kubernetes forwarding rules\" " +
            $"-m mark --mark {context.Mark}/{context.Mark} -j ACCEPT",
            RuleReason.ForwardMarked);
        sink.Add(
            KubeChains.Filter, KubeChains.Forward,
            "-m comment --comment \"kubernetes forwarding conntrack rule\" " +
            "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            RuleReason.ForwardEstablished);
    }

    public static void WriteNatHead(ProxierContext context, RuleSink sink)
    {
        string mark = context.Mark;
        string fully = context.Settings.HasRandomFully ? " --random-fully" : "";
        sink.Add(
            KubeChains.Nat, KubeChains.Postrouting, $"-m mark ! --mark {mark}/{mark} -j RETURN",
            RuleReason.MasqueradeUnmarkedReturn);
        sink.Add(
            KubeChains.Nat, KubeChains.Postrouting, $"-j MARK --xor-mark {mark}", RuleReason.MasqueradeUnmark);
        sink.Add(
            KubeChains.Nat, KubeChains.Postrouting,
            "-m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE" + fully,
            RuleReason.Masquerade);
        sink.Add(
            KubeChains.Nat, KubeChains.MarkMasquerade, $"-j MARK --or-mark {mark}", RuleReason.MasqueradeMark);
    }

    public static void WriteNatTail(ProxierContext context, RuleSink sink)
    {
        foreach (string jump in context.NodePortJumps)
        {
            sink.Add(KubeChains.Nat, KubeChains.Services, jump, RuleReason.NodePortsJump);
        }
    }

    public static IEnumerable<string> NodePortJumps(ProxierContext context)
    {
        KubeProxierSettings settings = context.Settings;
        var addresses = new NodePortAddresses(settings.Family, settings.NodePortAddresses);
        if (addresses.MatchesAll)
        {
            string exception = settings.Family == IPFamily.IPv6 ? "! -d ::1/128 "
                : context.LocalhostNodePorts ? ""
                : "! -d 127.0.0.0/8 ";
            yield return $"{NodePortsComment}-m addrtype --dst-type LOCAL {exception}-j {KubeChains.NodePorts}";
            yield break;
        }
        foreach (KubeAddress address in addresses.ChooseAddresses(settings.InterfaceAddresses))
        {
            if (!address.IsLoopback || context.LocalhostNodePorts)
            {
                yield return $"{NodePortsComment}-d {address} -j {KubeChains.NodePorts}";
            }
        }
    }
}
