using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>What the EndpointSlice controller writes.</summary>
/// <param name="Created">New slices.</param>
/// <param name="Updated">Slices as they become.</param>
/// <param name="Deleted">Slices that go.</param>
public sealed record SliceChanges(
    ValueList<EndpointSlice> Created, ValueList<EndpointSlice> Updated, ValueList<EndpointSlice> Deleted)
{
    /// <summary>Nothing to write.</summary>
    public static SliceChanges None { get; } = new(default, default, default);

    /// <summary>How many objects are written.</summary>
    public int Count => Created.Count + Updated.Count + Deleted.Count;
}
