namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A part of the endpoints of a Service (<c>discovery.k8s.io/v1</c>).</summary>
public sealed record EndpointSlice : KubeObject
{
    /// <summary>The label naming the Service a slice belongs to.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>The label naming the controller that owns a slice.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    /// <summary>The label of a headless Service's slices, which kube-proxy does not watch.</summary>
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    /// <inheritdoc/>
    public override string ApiVersion => "discovery.k8s.io/v1";

    /// <inheritdoc/>
    public override string Kind => "EndpointSlice";

    /// <summary>What the addresses are.</summary>
    public AddressType AddressType { get; init; }

    /// <summary>The endpoints.</summary>
    public ValueList<Endpoint> Endpoints { get; init; }

    /// <summary>The ports of every endpoint in the slice.</summary>
    public ValueList<EndpointPort> Ports { get; init; }

    /// <summary>The Service it belongs to, by its label; null without one.</summary>
    public NamespacedName? ServiceKey =>
        Metadata.Labels.Find(ServiceNameLabel) is { Length: > 0 } name ? new(Metadata.Namespace, name) : null;
}
