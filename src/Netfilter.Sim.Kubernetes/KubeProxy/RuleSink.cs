using System.Text;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Where generated rules go: into text, or into records with their origin.</summary>
internal abstract class RuleSink
{
    public abstract void Add(
        string table, string chain, string specification, RuleReason reason, ServicePortInfo? port = null,
        EndpointInfo? endpoint = null, string? address = null, TrafficPolicy? policy = null);
}

/// <summary>Writes the lines of iptables-restore.</summary>
internal sealed class TextRuleSink(StringBuilder text) : RuleSink
{
    public StringBuilder Text { get; } = text;

    public override void Add(
        string table, string chain, string specification, RuleReason reason, ServicePortInfo? port,
        EndpointInfo? endpoint, string? address, TrafficPolicy? policy) =>
        Text.Append("-A ").Append(chain).Append(' ').Append(specification).Append('\n');
}

/// <summary>Collects the rules with their origins.</summary>
internal sealed class CollectingRuleSink : RuleSink
{
    public List<ProxyRule> Rules { get; } = [];

    public override void Add(
        string table, string chain, string specification, RuleReason reason, ServicePortInfo? port,
        EndpointInfo? endpoint, string? address, TrafficPolicy? policy)
    {
        var origin = new RuleOrigin
        {
            Reason = reason,
            ServicePort = port,
            Endpoint = endpoint,
            Address = address,
            Policy = policy,
        };
        Rules.Add(new ProxyRule(table, chain, specification, origin));
    }
}
