using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>Makes slices of an Endpoints object written by hand.</summary>
/// <remarks>k8s.io/kubernetes pkg/controller/endpointslicemirroring: one slice a subset and family, at most 1000
/// addresses; none of an object that asks not to be mirrored or that is a leader's lock.</remarks>
public static class EndpointsMirror
{
    /// <summary>The value of the managed-by label of mirrored slices.</summary>
    public const string ManagedBy = "endpointslicemirroring-controller.k8s.io";

    private const int MaxAddresses = 1000;
    private const string SkipLabel = "endpointslice.kubernetes.io/skip-mirror";
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

    /// <summary>The slices that mirror an Endpoints object.</summary>
    /// <param name="endpoints">The object.</param>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> is null.</exception>
    public static ValueList<EndpointSlice> Mirror(Endpoints endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.Metadata.Labels.Find(SkipLabel) == "true" || endpoints.Metadata.Annotations.ContainsKey(LeaderAnnotation))
        {
            return default;
        }
        var slices = new List<EndpointSlice>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (EndpointSubset subset in endpoints.Subsets)
        {
            Endpoint[] all =
            [
                .. subset.Addresses.AsEnumerable().Select(address => Make(address, true)),
                .. subset.NotReadyAddresses.AsEnumerable().Select(address => Make(address, false)),
            ];
            foreach (IPFamily family in (ReadOnlySpan<IPFamily>)[IPFamily.IPv4, IPFamily.IPv6])
            {
                Endpoint[] chosen = [.. all.Where(endpoint => IsOf(endpoint, family)).Take(MaxAddresses)];
                if (chosen.Length > 0)
                {
                    slices.Add(MakeSlice(endpoints, family, subset.Ports, chosen, names));
                }
            }
        }
        return slices.ToValueList();
    }

    private static EndpointSlice MakeSlice(
        Endpoints endpoints, IPFamily family, ValueList<EndpointPort> ports, Endpoint[] chosen,
        HashSet<string> names) => new()
        {
            Metadata = new ObjectMeta
            {
                Name = GeneratedName.Next(endpoints.Metadata.Name, endpoints.Key + "/" + family, names),
                Namespace = endpoints.Metadata.Namespace,
                Labels = endpoints.Metadata.Labels
                    .With(EndpointSlice.ServiceNameLabel, endpoints.Metadata.Name)
                    .With(EndpointSlice.ManagedByLabel, ManagedBy),
            },
            AddressType = family == IPFamily.IPv4 ? AddressType.IPv4 : AddressType.IPv6,
            Ports = ports,
            Endpoints = chosen.ToValueList(),
        };

    private static Endpoint Make(EndpointAddress address, bool ready) => new()
    {
        Addresses = [address.IP],
        Ready = ready,
        Hostname = address.Hostname,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };

    private static bool IsOf(Endpoint endpoint, IPFamily family) =>
        KubeAddress.TryParse(endpoint.Addresses[0], out KubeAddress address) && address.Family == family;
}
