namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What a sync did.</summary>
public sealed class ProxySync
{
    private readonly Lazy<IReadOnlyList<ChainEdit>> _edits;

    internal ProxySync(RestorePayload payload, Func<IReadOnlyList<ChainEdit>> edits)
    {
        Payload = payload;
        _edits = new Lazy<IReadOnlyList<ChainEdit>>(edits, LazyThreadSafetyMode.None);
    }

    /// <summary>What goes to iptables-restore.</summary>
    public RestorePayload Payload { get; }

    /// <summary>Whether all chains were written and the jumps of <see cref="JumpRule.All"/> checked first.</summary>
    public bool IsFull => Payload.IsFull;

    /// <summary>Whether there were too many endpoints for comments and for removing stale chains at once.</summary>
    public bool IsLargeCluster { get; internal init; }

    /// <summary>Whether the restore succeeded; if not, nothing below happened and the next sync is full.</summary>
    public bool Succeeded { get; internal init; }

    /// <summary>The metrics.</summary>
    public required ProxyRuleCounts Counts { get; init; }

    /// <summary>The conntrack clean-up this sync asks for, or null when no UDP endpoint changed or the restore
    /// failed.</summary>
    public ConntrackCleanup? ConntrackCleanup { get; internal init; }

    /// <summary>A partial sync as edits, to be applied in order; of a full one, load <see cref="Payload"/>.</summary>
    /// <exception cref="InvalidOperationException">The sync was full.</exception>
    public IReadOnlyList<ChainEdit> Edits => _edits.Value;
}
