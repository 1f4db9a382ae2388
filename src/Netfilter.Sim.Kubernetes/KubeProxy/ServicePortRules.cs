using System.Globalization;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Writes the rules of one service port.</summary>
/// <remarks>pkg/proxy/iptables/proxier.go, the service loop of syncProxyRules: first what every payload repeats (rules
/// in shared chains), then what only a change of the Service rewrites (its own chains).</remarks>
internal static class ServicePortRules
{
    /// <summary>The rules in shared filter chains: refusals, the load balancer firewall, health-check ports.</summary>
    public static void WriteSharedFilter(ServicePortEntry entry, ProxierContext context, RuleSink sink)
    {
        ServicePortInfo info = entry.Info;
        if (!entry.HasInternal)
        {
            Refuse(entry, sink, KubeChains.Services, info.ClusterIP, info.InternalPolicyLocal);
        }
        if (!entry.HasExternal)
        {
            foreach (string address in info.ExternalIPs)
            {
                Refuse(entry, sink, KubeChains.ExternalServices, address, info.ExternalPolicyLocal);
            }
        }
        if (entry.UsesFirewall)
        {
            foreach (string address in info.LoadBalancerVIPs)
            {
                sink.Add(
                    KubeChains.Filter, KubeChains.ProxyFirewall,
                    $"-m comment --comment \"{entry.NameText} traffic not accepted by {entry.Chains.Firewall}\" " +
                    $"{Destination(entry, address)} -j DROP",
                    RuleReason.LoadBalancerFirewallDrop, info, null, address);
            }
        }
        if (!entry.HasExternal)
        {
            foreach (string address in info.LoadBalancerVIPs)
            {
                Refuse(entry, sink, KubeChains.ExternalServices, address, info.ExternalPolicyLocal);
            }
            if (info.NodePort != 0)
            {
                Refuse(entry, sink, KubeChains.ExternalServices, null, info.ExternalPolicyLocal);
            }
        }
        if (info.HealthCheckNodePort != 0)
        {
            sink.Add(
                KubeChains.Filter, KubeChains.NodePorts,
                $"-m comment --comment \"{entry.NameText} health check node port\" " +
                $"-m tcp -p tcp --dport {Number(info.HealthCheckNodePort)} -j ACCEPT",
                RuleReason.HealthCheckNodePort, info);
        }
    }

    /// <summary>The rules in shared nat chains: the addresses that lead to the Service.</summary>
    public static void WriteSharedNat(ServicePortEntry entry, ProxierContext context, RuleSink sink)
    {
        ServicePortInfo info = entry.Info;
        if (entry.HasInternal)
        {
            AddressJump(entry, sink, "cluster IP", info.ClusterIP, entry.InternalChain, RuleReason.ClusterIP);
        }
        if (!entry.Has)
        {
            return;
        }
        foreach (string address in info.ExternalIPs)
        {
            AddressJump(entry, sink, "external IP", address, entry.Chains.External, RuleReason.ExternalIP);
        }
        string loadBalancerChain = entry.UsesFirewall ? entry.Chains.Firewall : entry.Chains.External;
        foreach (string address in info.LoadBalancerVIPs)
        {
            AddressJump(entry, sink, "loadbalancer IP", address, loadBalancerChain, RuleReason.LoadBalancerIP);
        }
        if (info.NodePort != 0)
        {
            NodePortJump(entry, context, sink);
        }
    }

    /// <summary>The rules of the service port's own chains.</summary>
    public static void WriteOwn(ServicePortEntry entry, ProxierContext context, RuleSink sink, bool withComments)
    {
        WriteClusterIPMasquerade(entry, context, sink);
        if (entry.UsesExternalChain)
        {
            WriteExternalChain(entry, context, sink);
        }
        if (entry.UsesFirewall)
        {
            WriteFirewallChain(entry, sink);
        }
        if (entry.UsesClusterChain)
        {
            WriteSpread(entry, sink, TrafficPolicy.Cluster, withComments);
        }
        if (entry.UsesLocalChain)
        {
            WriteSpread(entry, sink, TrafficPolicy.Local, withComments);
        }
        for (int i = 0; i < entry.EndpointChains.Length; i++)
        {
            WriteEndpoint(entry, sink, entry.Selection.Reachable[i], entry.EndpointChains[i], withComments);
        }
    }

    // Without an address it is the node port that is refused.
    private static void Refuse(
        ServicePortEntry entry, RuleSink sink, string chain, string? address, bool isLocalPolicy)
    {
        string match = address is null
            ? "-m addrtype --dst-type LOCAL " + NodePortMatch(entry)
            : Destination(entry, address);
        (string words, string verdict, RuleReason reason) = entry.Has
            ? ("has no local endpoints", "DROP", RuleReason.NoLocalEndpoints)
            : ("has no endpoints", "REJECT", RuleReason.NoEndpoints);
        sink.Add(
            KubeChains.Filter, chain, $"-m comment --comment \"{entry.NameText} {words}\" {match} -j {verdict}",
            reason, entry.Info, null, address, isLocalPolicy ? TrafficPolicy.Local : TrafficPolicy.Cluster);
    }

    private static void AddressJump(
        ServicePortEntry entry, RuleSink sink, string words, string address, string chain, RuleReason reason) =>
        sink.Add(
            KubeChains.Nat, KubeChains.Services,
            $"-m comment --comment \"{entry.NameText} {words}\" {Destination(entry, address)} -j {chain}",
            reason, entry.Info, null, address);

    private static void NodePortJump(ServicePortEntry entry, ProxierContext context, RuleSink sink)
    {
        string protocol = $"-m {entry.ProtocolText} -p {entry.ProtocolText}";
        string port = Number(entry.Info.NodePort);
        if (context.CountLocalhostNodePorts)
        {
            // The narrower rule goes first, so that the counter sees only what came by way of the loopback address.
            sink.Add(
                KubeChains.Nat, KubeChains.NodePorts,
                $"-m comment --comment {entry.NameText} {protocol} -d 127.0.0.0/8 --dport {port} " +
                $"-m nfacct --nfacct-name {KubeProxierSettings.LocalhostNodePortCounter} -j {entry.Chains.External}",
                RuleReason.LocalhostNodePort, entry.Info);
        }
        sink.Add(
            KubeChains.Nat, KubeChains.NodePorts,
            $"-m comment --comment {entry.NameText} {protocol} --dport {port} -j {entry.Chains.External}",
            RuleReason.NodePort, entry.Info);
    }

    private static void WriteClusterIPMasquerade(ServicePortEntry entry, ProxierContext context, RuleSink sink)
    {
        bool all = context.Settings.MasqueradeAll;
        if (!entry.HasInternal || !(all || context.DetectsLocal))
        {
            return;
        }
        string outside = all ? "" : context.Settings.LocalDetection.NotLocalMatch + " ";
        sink.Add(
            KubeChains.Nat, entry.InternalChain,
            $"-m comment --comment \"{entry.NameText} cluster IP\" {Destination(entry, entry.Info.ClusterIP)} " +
            $"{outside}-j {KubeChains.MarkMasquerade}",
            RuleReason.MasqueradeClusterIPTraffic, entry.Info, null, entry.Info.ClusterIP);
    }

    private static void WriteExternalChain(ServicePortEntry entry, ProxierContext context, RuleSink sink)
    {
        string chain = entry.Chains.External;
        string what = $"traffic for {entry.NameText} external destinations\" ";
        ServicePortInfo info = entry.Info;
        TrafficPolicy policy = info.ExternalPolicyLocal ? TrafficPolicy.Local : TrafficPolicy.Cluster;
        void Add(string specification, RuleReason reason) =>
            sink.Add(KubeChains.Nat, chain, specification, reason, info, null, null, policy);

        if (policy == TrafficPolicy.Cluster)
        {
            Add(
                $"-m comment --comment \"masquerade {what}-j {KubeChains.MarkMasquerade}",
                RuleReason.MasqueradeExternalTraffic);
        }
        else
        {
            if (context.DetectsLocal)
            {
                Add(
                    $"-m comment --comment \"pod {what}{context.Settings.LocalDetection.LocalMatch} " +
                    $"-j {entry.Chains.ClusterPolicy}",
                    RuleReason.PodTrafficToExternal);
            }
            Add(
                $"-m comment --comment \"masquerade LOCAL {what}-m addrtype --src-type LOCAL " +
                $"-j {KubeChains.MarkMasquerade}",
                RuleReason.MasqueradeNodeTrafficToExternal);
            Add(
                $"-m comment --comment \"route LOCAL {what}-m addrtype --src-type LOCAL " +
                $"-j {entry.Chains.ClusterPolicy}",
                RuleReason.NodeTrafficToExternal);
        }
        if (entry.HasExternal)
        {
            Add("-j " + entry.ExternalPolicyChain, RuleReason.ExternalTrafficPolicy);
        }
    }

    private static void WriteFirewallChain(ServicePortEntry entry, RuleSink sink)
    {
        string chain = entry.Chains.Firewall;
        ServicePortInfo info = entry.Info;
        string comment = $"-m comment --comment \"{entry.NameText} loadbalancer IP\" -s ";
        foreach (string range in info.LoadBalancerSourceRanges)
        {
            sink.Add(
                KubeChains.Nat, chain, $"{comment}{range} -j {entry.Chains.External}",
                RuleReason.SourceRange, info, null, range);
        }
        if (entry.NodeInSourceRanges)
        {
            // A node that holds the address itself sends from it; it counts as the node it is.
            foreach (string address in info.LoadBalancerVIPs)
            {
                sink.Add(
                    KubeChains.Nat, chain, $"{comment}{address} -j {entry.Chains.External}",
                    RuleReason.SourceRangeNode, info, null, address);
            }
        }
        sink.Add(
            KubeChains.Nat, chain,
            $"-m comment --comment \"other traffic to {entry.NameText} will be dropped by {KubeChains.ProxyFirewall}\"",
            RuleReason.SourceRangesEnd, info);
    }

    private static void WriteSpread(ServicePortEntry entry, RuleSink sink, TrafficPolicy policy, bool withComments)
    {
        (ValueList<EndpointInfo> endpoints, string chain) = policy == TrafficPolicy.Cluster
            ? (entry.Selection.Cluster, entry.Chains.ClusterPolicy)
            : (entry.Selection.Local, entry.Chains.LocalPolicy);
        string[] targets = new string[endpoints.Count];
        string[] comments = new string[endpoints.Count];
        for (int i = 0, reachable = 0; i < targets.Length; i++, reachable++)
        {
            // Both lists are in text order and every chosen endpoint is reachable.
            while (!ReferenceEquals(entry.Selection.Reachable[reachable], endpoints[i]))
            {
                reachable++;
            }
            targets[i] = entry.EndpointChains[reachable];
            comments[i] = withComments ? $"-m comment --comment \"{entry.NameText} -> {endpoints[i].Text}\" " : "";
        }
        for (int i = 0; i < targets.Length && entry.Info.AffinitySeconds > 0; i++)
        {
            sink.Add(
                KubeChains.Nat, chain,
                $"{comments[i]}-m recent --name {targets[i]} --rcheck --seconds {Number(entry.Info.AffinitySeconds)} " +
                $"--reap -j {targets[i]}",
                RuleReason.SessionAffinity, entry.Info, endpoints[i], null, policy);
        }
        for (int i = 0; i < targets.Length; i++)
        {
            int left = targets.Length - i;
            string chance = left == 1 ? "" : $"-m statistic --mode random --probability {Probability(left)} ";
            sink.Add(
                KubeChains.Nat, chain, $"{comments[i]}{chance}-j {targets[i]}",
                RuleReason.EndpointChoice, entry.Info, endpoints[i], null, policy);
        }
    }

    private static void WriteEndpoint(
        ServicePortEntry entry, RuleSink sink, EndpointInfo endpoint, string chain, bool withComments)
    {
        string comment = withComments ? $"-m comment --comment {entry.NameText} " : "";
        sink.Add(
            KubeChains.Nat, chain, $"{comment}-s {endpoint.Address} -j {KubeChains.MarkMasquerade}",
            RuleReason.Hairpin, entry.Info, endpoint);
        string remember = entry.Info.AffinitySeconds > 0 ? $"-m recent --name {chain} --set " : "";
        sink.Add(
            KubeChains.Nat, chain,
            $"{comment}{remember}-m {entry.ProtocolText} -p {entry.ProtocolText} " +
            $"-j DNAT --to-destination {endpoint.Text}",
            RuleReason.EndpointDnat, entry.Info, endpoint);
    }

    /// <summary>The share of one among several, as kube-proxy prints it.</summary>
    internal static string Probability(int count) => (1.0 / count).ToString("F10", CultureInfo.InvariantCulture);

    private static string Destination(ServicePortEntry entry, string address) =>
        $"-m {entry.ProtocolText} -p {entry.ProtocolText} -d {address} --dport {Number(entry.Info.Port)}";

    private static string NodePortMatch(ServicePortEntry entry) =>
        $"-m {entry.ProtocolText} -p {entry.ProtocolText} --dport {Number(entry.Info.NodePort)}";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
