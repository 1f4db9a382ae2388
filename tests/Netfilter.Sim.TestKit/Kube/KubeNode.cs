using System.Text.Json;
using System.Text.RegularExpressions;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The node of a kube case as a namespace: rules are loaded into it, flows walk through it.</summary>
internal sealed partial class KubeNode
{
    private readonly NetworkNamespace _host;
    private readonly IpFamily _family;
    private readonly bool _hasRandomFully;
    private readonly HashSet<NetAddress> _locals;

    private KubeNode(IpFamily family, bool hasRandomFully, IEnumerable<string> nfacct, IEnumerable<string> locals)
    {
        (_family, _hasRandomFully) = (family, hasRandomFully);
        _locals = [.. locals.Select(address => NetAddress.Parse(address))];
        _host = new NetworkNamespace("node", new ManualTimeProvider()) { LocalStack = LocalStackMode.Sink };
        _host.Sysctls["net.ipv4.ip_forward"] = "1";
        _host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
        _host.Sysctls["net.ipv4.conf.all.route_localnet"] = "1";
        foreach (string counter in nfacct)
        {
            _host.AddAccountingObject(counter);
        }
        _host.AddInterface("eth0", [.. locals.Where(address => !IsLoopback(address)).Select(Prefixed)]);
        foreach (string device in (string[])["cbr0", "veth3f2a"])
        {
            _host.AddInterface(device);
        }
        _host.Routes.Add("0.0.0.0/0 dev eth0");
        _host.Routes.Add("::/0 dev eth0");
    }

    /// <summary>The node after payloads.</summary>
    /// <param name="settings">Configuration and host.</param>
    /// <param name="payloads">All payloads so far; one that is refused changes what it changes.</param>
    /// <param name="locals">The node's own addresses.</param>
    public static KubeNode After(KubeProxierSettings settings, IEnumerable<RestorePayload> payloads, IEnumerable<string> locals)
    {
        IpFamily family = settings.Family == IPFamily.IPv4 ? IpFamily.IPv4 : IpFamily.IPv6;
        KubeNode node = new(family, settings.HasRandomFully, settings.NfacctCounters, locals);
        NodeTables tables = new(node._host, settings.Family);
        foreach (RestorePayload payload in payloads)
        {
            tables.Restore(payload);
        }
        return node;
    }

    /// <summary>A node with rules of upstream's unit test, whose comments lack quotes and whose built-in chains lack policies.</summary>
    public static KubeNode With(IReadOnlyList<string> rules, IEnumerable<string> locals)
    {
        bool hasRandomFully = rules.Any(rule => rule.Contains("--random-fully", StringComparison.Ordinal));
        KubeNode node = new(IpFamily.IPv4, hasRandomFully, [], locals);
        IEnumerable<string> lines = rules.Select(line => BuiltIn().IsMatch(line)
            ? line.Replace(" - ", " ACCEPT ", StringComparison.Ordinal)
            : BareComment().Replace(line, "--comment \"$1\" -"));
        node._host.Restore(string.Join('\n', lines) + "\n");
        return node;
    }

    /// <summary>The first difference from what <c>iptables-save -t filter; iptables-save -t nat</c> printed, or null.</summary>
    public string? CompareSave(IReadOnlyList<string> expected)
    {
        string[] saved = _host.Save(family: _family).Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> found = ((string[])["*filter", "*nat"])
            .Select(table => saved.FirstOrDefault(part => part.StartsWith(table, StringComparison.Ordinal)) + "COMMIT\n");
        return KubeCaseExpectations.Lists("iptables-save", expected, [.. string.Concat(found).TrimEnd('\n').Split('\n')]);
    }

    /// <summary>Walks a flow in every way that it can go; says the first difference or null.</summary>
    public string? Compare(JsonElement row)
    {
        KubeFlow flow = KubeFlow.Read(row);
        bool isOwn = flow.InInterface is null or "none" && _locals.Contains(flow.Source);
        Distribution<Walk> walks = isOwn
            ? _host.ExploreSend(flow.Packet)
            : _host.Explore(flow.InInterface is null or "none" ? "eth0" : flow.InInterface, flow.Packet);
        FlowFate[] fates = [.. walks.Select(outcome => FlowFate.Of(outcome.Value))];
        string output = string.Join(", ", fates.Select(fate => fate.Output).Distinct());
        if (output != string.Join(", ", flow.Output.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            return $"expected {Shown(flow.Output)}, found {Shown(output)}";
        }
        bool isMarked = fates.Any(fate => fate.IsMarked);
        if (isMarked != flow.Masquerade)
        {
            return flow.Masquerade ? "expected the masquerade mark" : "found the masquerade mark";
        }
        bool isInconsistent = fates.Any(fate => fate.HasLeft && fate.Output is not "REJECT"
            && (fate.IsTranslated ? !fate.IsMarked : fate.IsMarked && _hasRandomFully));
        return isInconsistent ? "the source is not rewritten as the mark says" : null;
    }

    private static string Shown(string output) => output.Length == 0 ? "nothing" : output;

    private static bool IsLoopback(string address) => address == "::1" || address.StartsWith("127.", StringComparison.Ordinal);

    private static string Prefixed(string address) => address + (address.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");

    [GeneratedRegex("^:(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) -")]
    private static partial Regex BuiltIn();

    [GeneratedRegex("--comment ([^\"].*?) -")]
    private static partial Regex BareComment();
}
