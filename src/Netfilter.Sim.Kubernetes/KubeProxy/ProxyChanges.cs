using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What a proxier found changed when it took the waiting events in.</summary>
/// <param name="Services">The Services whose chains the next sync writes, in text order.</param>
/// <param name="ConntrackCleanupRequired">Whether UDP endpoints were among the changes.</param>
public sealed record ProxyChanges(ValueList<NamespacedName> Services, bool ConntrackCleanupRequired);
