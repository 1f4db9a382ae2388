using Netfilter.Sim.Kubernetes.Questions;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>Questions people ask.</summary>
public sealed partial class Cluster
{
    /// <summary>Follows the Debug Services guide: does it exist, does it have endpoints, ports, rules on each node, does it
    /// answer pods, nodes, the world outside and its own pods. Nothing changes.</summary>
    /// <param name="service">The Service, <c>web</c> or <c>namespace/web</c>.</param>
    public ServiceDiagnosis Diagnose(string service) => new ServiceDoctor(this, service).Examine();

    /// <summary>How long it takes from a change to the rules of every node.</summary>
    /// <param name="change">The change.</param>
    public TimeSpan MeasureDelay(Action<Cluster> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        DateTimeOffset start = Clock.GetUtcNow();
        change(this);
        Settle();
        return Clock.GetUtcNow() - start;
    }
}
