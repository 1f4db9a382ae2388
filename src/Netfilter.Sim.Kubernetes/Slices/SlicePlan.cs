using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>The writes that bring the slices of one Service in line with its endpoints.</summary>
/// <remarks>k8s.io/endpointslice reconciler.go reconcileByAddressType, reconcileByPortMapping.</remarks>
internal sealed class SlicePlan(Service service, int maxEndpoints, EndpointSlice[] existing)
{
    private readonly List<EndpointSlice> _created = [];
    private readonly List<EndpointSlice> _updated = [];
    private readonly List<EndpointSlice> _deleted = [];
    private readonly HashSet<string> _names = [.. existing.Select(slice => slice.Metadata.Name)];
    private readonly HashSet<AddressType> _families = [];

    public void Add(IPFamily family, IReadOnlyList<(ValueList<EndpointPort> Ports, List<Endpoint> Endpoints)> groups)
    {
        AddressType type = family == IPFamily.IPv4 ? AddressType.IPv4 : AddressType.IPv6;
        _families.Add(type);
        EndpointSlice[] own = [.. existing.Where(slice => slice.AddressType == type)];
        var created = new List<EndpointSlice>();
        var deleted = new List<EndpointSlice>();
        foreach ((ValueList<EndpointPort> ports, List<Endpoint> endpoints) in groups)
        {
            ReconcileGroup(type, ports, endpoints, [.. own.Where(slice => slice.Ports == ports)], created, deleted);
        }
        deleted.AddRange(own.Where(slice => !groups.Any(group => group.Ports == slice.Ports)));
        if (own.Length == deleted.Count && created.Count == 0)
        {
            KeepPlaceholder(type, created, deleted);
        }
        _created.AddRange(created);
        _deleted.AddRange(deleted);
    }

    public SliceChanges Finish()
    {
        // A family the Service no longer has leaves its slices without anybody.
        _deleted.AddRange(existing.Where(slice => !_families.Contains(slice.AddressType)));
        return new SliceChanges(_created.ToValueList(), _updated.ToValueList(), _deleted.ToValueList());
    }

    // Consumers wait for a first slice; a Service without pods says so with an empty one.
    private void KeepPlaceholder(AddressType type, List<EndpointSlice> created, List<EndpointSlice> deleted)
    {
        EndpointSlice placeholder = NewSlice(type, default);
        if (deleted is [{ Ports.Count: 0, Endpoints.Count: 0 } kept] && kept.Metadata.Labels == placeholder.Metadata.Labels)
        {
            deleted.Clear();
        }
        else
        {
            created.Add(placeholder);
        }
    }

    private void ReconcileGroup(
        AddressType type, ValueList<EndpointPort> ports, List<Endpoint> endpoints, EndpointSlice[] own,
        List<EndpointSlice> created, List<EndpointSlice> deleted)
    {
        var wanted = new Dictionary<(string Address, ObjectReference? Target), Endpoint>();
        endpoints.ForEach(endpoint => wanted[Identity(endpoint)] = endpoint);
        var touched = new List<EndpointSlice>();
        var untouched = new List<EndpointSlice>();
        foreach (EndpointSlice slice in own)
        {
            EndpointSlice now = Refresh(slice, wanted);
            (now.Endpoints.Count == 0 && slice.Endpoints.Count > 0 ? deleted
                : now == slice ? untouched
                : touched).Add(now);
        }
        var left = new Queue<Endpoint>(endpoints.Where(endpoint => wanted.ContainsKey(Identity(endpoint))));
        touched.Sort((a, b) => b.Endpoints.Count.CompareTo(a.Endpoints.Count));
        for (int i = 0; i < touched.Count; i++)
        {
            touched[i] = Fill(touched[i], left);
        }
        while (left.Count > 0)
        {
            EndpointSlice? roomy = left.Count < maxEndpoints ? Tightest(untouched, left.Count) : null;
            if (roomy is not null)
            {
                untouched.Remove(roomy);
                touched.Add(Fill(roomy, left));
            }
            else
            {
                created.Add(Fill(NewSlice(type, ports), left));
            }
        }
        _updated.AddRange(touched);
    }

    private EndpointSlice Refresh(EndpointSlice slice, Dictionary<(string, ObjectReference?), Endpoint> wanted)
    {
        var kept = new List<Endpoint>();
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            if (wanted.Remove(Identity(endpoint), out Endpoint? now))
            {
                kept.Add(now);
            }
        }
        return slice with
        {
            Endpoints = kept.ToValueList(),
            Metadata = slice.Metadata with { Labels = Labels() },
        };
    }

    private EndpointSlice Fill(EndpointSlice slice, Queue<Endpoint> left)
    {
        if (left.Count == 0 || slice.Endpoints.Count >= maxEndpoints)
        {
            return slice;
        }
        var endpoints = new List<Endpoint>(slice.Endpoints);
        while (endpoints.Count < maxEndpoints && left.TryDequeue(out Endpoint? next))
        {
            endpoints.Add(next);
        }
        return slice with { Endpoints = endpoints.ToValueList() };
    }

    private EndpointSlice? Tightest(List<EndpointSlice> slices, int count) => slices
        .Where(slice => slice.Endpoints.Count + count <= maxEndpoints)
        .MaxBy(slice => slice.Endpoints.Count);

    private EndpointSlice NewSlice(AddressType type, ValueList<EndpointPort> ports) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = GeneratedName.Next(service.Metadata.Name, service.Key + "/" + type, _names),
            Namespace = service.Metadata.Namespace,
            Labels = Labels(),
        },
        AddressType = type,
        Ports = ports,
    };

    // Labels that mean something on a slice are the controller's, whatever the Service says (setEndpointSliceLabels).
    private ValueMap Labels()
    {
        ValueMap labels = ValueMap.Of(service.Metadata.Labels.Where(label => label.Key != EndpointSlice.HeadlessLabel))
            .With(EndpointSlice.ServiceNameLabel, service.Metadata.Name)
            .With(EndpointSlice.ManagedByLabel, EndpointSliceController.ManagedBy);
        return service.Spec.ClusterIP == "None" ? labels.With(EndpointSlice.HeadlessLabel, "") : labels;
    }

    private static (string, ObjectReference?) Identity(Endpoint endpoint) =>
        (endpoint.Addresses[0], endpoint.TargetRef);
}
