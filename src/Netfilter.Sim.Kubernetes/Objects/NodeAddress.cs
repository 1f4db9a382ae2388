namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>An address of a node.</summary>
/// <param name="Type">What it is: <c>InternalIP</c>, <c>ExternalIP</c>, <c>Hostname</c>.</param>
/// <param name="Address">The address or name.</param>
public sealed record NodeAddress(string Type, string Address);
