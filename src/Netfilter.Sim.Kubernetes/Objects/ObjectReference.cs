namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A pointer to another object.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record ObjectReference(string Kind, string Namespace, string Name);
