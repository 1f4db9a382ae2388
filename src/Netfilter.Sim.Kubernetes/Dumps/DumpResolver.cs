using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>Reads kube-proxy's rules backwards: which Service, port and endpoint a hashed name or a rule belongs
/// to.</summary>
public sealed class DumpResolver
{
    private readonly Dictionary<string, ChainOrigin> _chains = new(StringComparer.Ordinal);
    private readonly List<(string Key, ProxyRule Rule)> _rules = [];

    /// <summary>Makes a resolver of what a proxier knows now.</summary>
    /// <param name="proxier">The proxier, its events taken in by a sync or
    /// <see cref="KubeProxier.AbsorbChanges"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="proxier"/> is null.</exception>
    public DumpResolver(KubeProxier proxier)
    {
        ArgumentNullException.ThrowIfNull(proxier);
        foreach (ServicePortInfo port in proxier.ServicePorts)
        {
            AddChains(port, proxier.Endpoints.GetValueOrDefault(port.Name));
        }
        IEnumerable<ProxyRule> jumps = JumpRule.All.Select(jump => jump.ToRule());
        foreach (ProxyRule rule in proxier.CreateFullPayload().Rules().Concat(jumps))
        {
            _rules.Add((rule.Table + " " + RuleText.Canonical(rule.Text), rule));
        }
    }

    /// <summary>What a hashed chain name stands for, or null when no Service or endpoint has it.</summary>
    /// <param name="chain">The chain's name.</param>
    public ChainOrigin? FindChain(string chain) => _chains.GetValueOrDefault(chain);

    /// <summary>Explains a dump as iptables-save prints it, one family.</summary>
    /// <param name="dump">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> is null.</exception>
    public DumpResolution Resolve(string dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ILookup<string, ProxyRule> generated =
            _rules.ToLookup(pair => pair.Key, pair => pair.Rule, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var rules = new List<DumpRule>();
        var chains = new List<ChainOrigin>();
        var unknown = new List<string>();
        string table = "";
        int number = 0;
        foreach (string raw in dump.Split('\n'))
        {
            string line = raw.TrimEnd('\r');
            number++;
            if (line.StartsWith('*'))
            {
                table = line[1..].Trim();
            }
            else if (line.StartsWith(':'))
            {
                Declare(line[1..].Split(' ')[0], chains, unknown);
            }
            else if (RuleStart(line) is { } start)
            {
                string key = table + " " + RuleText.Canonical(line);
                seen.Add(key);
                string chain = line[(start + 3)..].Split(' ')[0];
                rules.Add(new DumpRule(number, table, chain, line, generated[key].FirstOrDefault()?.Origin));
            }
        }
        IEnumerable<ProxyRule> missing = _rules.Where(pair => !seen.Contains(pair.Key)).Select(pair => pair.Rule);
        return new DumpResolution(
            rules.ToValueList(), chains.ToValueList(), unknown.ToValueList(), missing.ToValueList());
    }

    // iptables-save -c puts the counters before the rule.
    private static int? RuleStart(string line)
    {
        int start = line.StartsWith('[') ? line.IndexOf("] -A ", StringComparison.Ordinal) + 2 : 0;
        return line.AsSpan(start).StartsWith("-A ") ? start : null;
    }

    private void Declare(string chain, List<ChainOrigin> chains, List<string> unknown)
    {
        if (FindChain(chain) is { } origin)
        {
            chains.Add(origin);
        }
        else if (KubeChains.IsPerService(chain))
        {
            unknown.Add(chain);
        }
    }

    private void AddChains(ServicePortInfo port, ValueList<EndpointInfo> endpoints)
    {
        var names = new ServiceChains(port.Name);
        foreach ((string chain, ServiceChainKind kind) in (ReadOnlySpan<(string, ServiceChainKind)>)
        [
            (names.ClusterPolicy, ServiceChainKind.ClusterPolicy), (names.LocalPolicy, ServiceChainKind.LocalPolicy),
            (names.Firewall, ServiceChainKind.Firewall), (names.External, ServiceChainKind.External),
        ])
        {
            _chains[chain] = new ChainOrigin(chain, kind, port);
        }
        foreach (EndpointInfo endpoint in endpoints)
        {
            string chain = names.Endpoint(endpoint.Text);
            _chains[chain] = new ChainOrigin(chain, ServiceChainKind.Endpoint, port, endpoint);
        }
    }
}
