using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>Cuts the pods a Service selects into slices, with few writes rather than full slices.</summary>
/// <remarks>k8s.io/endpointslice reconciler.go of v1.36. Slices of others (by their managed-by label) are left alone.
/// Pods are taken in the order given and names are derived, where the controller has neither order nor
/// memory.</remarks>
public sealed class EndpointSliceController
{
    /// <summary>The value of the managed-by label of the slices it writes.</summary>
    public const string ManagedBy = "endpointslice-controller.k8s.io";

    private readonly int _maxEndpoints;

    /// <summary>Makes a controller.</summary>
    /// <param name="maxEndpointsPerSlice">The most endpoints of a slice, 1 to 1000; the default is 100.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public EndpointSliceController(int maxEndpointsPerSlice = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEndpointsPerSlice, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxEndpointsPerSlice, 1000);
        _maxEndpoints = maxEndpointsPerSlice;
    }

    /// <summary>Works out what must be written so that the slices of a Service fit its pods.</summary>
    /// <param name="service">The Service; without a selector nothing is done.</param>
    /// <param name="pods">The pods of the cluster; those of other namespaces and labels are passed over.</param>
    /// <param name="nodes">The nodes, for zones.</param>
    /// <param name="existing">The slices there are; those of other Services and managers are passed over.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SliceChanges Reconcile(
        Service service, IEnumerable<Pod> pods, IEnumerable<Node> nodes, IEnumerable<EndpointSlice> existing)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(existing);
        if (service.Spec.Selector.Count == 0 || service.Spec.Type == ServiceType.ExternalName)
        {
            return SliceChanges.None;
        }
        EndpointSlice[] own = [.. existing.Where(slice =>
            slice.ServiceKey == service.Key && slice.Metadata.Labels.Find(EndpointSlice.ManagedByLabel) == ManagedBy)];
        var zones = nodes.ToDictionary(node => node.Metadata.Name, node => node.Zone, StringComparer.Ordinal);
        Pod[] selected = [.. pods.Where(pod => IsSelected(pod, service))];
        var plan = new SlicePlan(service, _maxEndpoints, own);
        foreach (IPFamily family in PodEndpoints.FamiliesOf(service))
        {
            plan.Add(family, PodEndpoints.Group(service, selected, zones, family));
        }
        return plan.Finish();
    }

    // A pod that ran to its end has no address any more; one being deleted still has.
    private static bool IsSelected(Pod pod, Service service) =>
        pod.Metadata.Namespace == service.Metadata.Namespace && pod.Metadata.Labels.Contains(service.Spec.Selector) &&
        pod.Status.Phase is not ("Succeeded" or "Failed");
}
